import DaguerreCheckpoints
import DaguerreLayers
import DaguerreTensors

/// Convolutions that turn a control picture into something to be added to the latents' first features.
///
/// Source: Zhang et al., "Adding Conditional Control to Text-to-Image Diffusion Models" (arXiv 2302.05543) §3.2;
/// diffusers `ControlNetConditioningEmbedding`, whose weight keys these are.
struct ControlHintEmbedding: Sendable {
    /// All but the last are activated.
    private let convolutions: [Convolution]

    init(_ configuration: ControlNetConfiguration, from weights: WeightScope) throws {
        let channels = configuration.hintChannels
        var convolutions = [
            try Convolution(configuration.conditioningChannels, channels[0], kernel: 3, from: weights["conv_in"])
        ]
        for (index, (inputs, outputs)) in zip(channels, channels.dropFirst()).enumerated() {
            let blocks = weights["blocks"]
            convolutions.append(try Convolution(inputs, inputs, kernel: 3, from: blocks[2 * index]))
            convolutions.append(
                try Convolution(
                    inputs, outputs, kernel: 3, stride: 2, padding: Padding(1), from: blocks[2 * index + 1]))
        }
        convolutions.append(
            try Convolution(
                channels[channels.count - 1], configuration.unet.blockOutChannels[0], kernel: 3,
                from: weights["conv_out"]))
        self.convolutions = convolutions
    }

    /// `x [N, H, W, 3]` → `[N, ⌈H/scale⌉, ⌈W/scale⌉, C]`.
    func callAsFunction(_ x: Tensor, on backend: some Backend) throws -> Tensor {
        var x = x
        for (index, convolution) in convolutions.enumerated() {
            let isLast = index == convolutions.count - 1
            x = try convolution(x, activation: isLast ? .identity : .silu, on: backend)
        }
        return x
    }
}
