import DaguerreModels
import DaguerreTensors

/// One evaluation of a denoiser over a square of latents.
struct Pass {
    private let unet: UNet
    private let latents, context: Tensor
    private let side: Int
    private let time: TimeStates
    private let text: TextStates

    init(_ unet: UNet, side: Int, prompts: Int = 1, on backend: any Backend) throws {
        self.unet = unet
        self.side = side
        let configuration = unet.configuration
        func ramp(_ shape: Shape) -> HostTensor {
            HostTensor((0..<shape.elementCount).map { Float(($0 &* 2_654_435_761) & 0xffff) / 32768 - 1 }, shape: shape)
        }
        latents = try backend.upload(ramp([1, side, side, configuration.inChannels]), as: .float32)
        context = try backend.upload(
            ramp([prompts, 77, configuration.crossAttentionWidth[0]]), as: backend.activationType)
        time = try unet.timeStates([500], on: backend)
        text = try unet.textStates(context, on: backend)
    }

    /// The whole of a request's first step: text and time too.
    func run(on backend: some Backend) throws -> HostTensor {
        let output = try unet(
            latents, time: unet.timeStates([500], on: backend), text: unet.textStates(context, on: backend),
            on: backend)
        return try backend.download(output)
    }

    /// A later step.
    func step(on backend: some Backend) throws -> HostTensor {
        try backend.download(unet(latents, time: time, text: text, on: backend))
    }
}
