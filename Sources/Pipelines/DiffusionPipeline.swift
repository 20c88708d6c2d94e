public import DaguerreAdapters
public import DaguerreModels
public import DaguerrePixels
import DaguerreSampling
public import DaguerreTensors

/// Draws pictures: a plain function of models, request and random source, without state between calls.
///
/// Text to image, image to image, inpainting, a second pass at a larger size and a refiner are choices of the request,
/// over one denoising loop. Source: Rombach et al. (arXiv 2112.10752); diffusers 0.42.1 `StableDiffusionPipeline`,
/// `…Img2ImgPipeline`, `…InpaintPipeline` and those of XL, whose results it gives for one generator per image.
public struct DiffusionPipeline: Sendable {
    /// How long each stage took.
    public struct Timings: Equatable, Sendable {
        /// Prompts to what the denoiser sees of them, and the time states of the schedule.
        public var text = Duration.zero
        /// One for each evaluation of the denoiser.
        public var steps: [Duration] = []
        /// Latents to pixels, of all images.
        public var decode = Duration.zero
    }

    /// What was drawn.
    public struct Result: Sendable {
        /// In the order of their seeds.
        public let images: [Image]
        /// Final latents `[count, C, H/s, W/s]`, float32, scaled as the denoiser sees them.
        public let latents: HostTensor
        /// How long each stage took.
        public let timings: Timings
        /// What the user should know: a truncated prompt, a retried decode.
        public let warnings: [String]
    }

    let model: DiffusionModel
    let refiner: DiffusionModel?
    let prepared: PreparedAdapters?
    private let preview: KeptLatentPreview
    private let float32Autoencoder: @Sendable () throws -> (Autoencoder, any Backend)

    /// Draws with `model` and, where a request wants one, its `refiner`.
    ///
    /// `prepared` keeps the matrices of adapters from request to request; without it no request may have any. `preview`
    /// keeps what makes previews, which is the model's alone.
    /// `float32Autoencoder` gives the autoencoder in float32, and is asked only if half precision made NaNs.
    public init(
        _ model: DiffusionModel, refiner: DiffusionModel? = nil, prepared: PreparedAdapters? = nil,
        preview: KeptLatentPreview = KeptLatentPreview(),
        float32Autoencoder: @escaping @Sendable () throws -> (Autoencoder, any Backend)
    ) {
        self.model = model
        self.refiner = refiner
        self.prepared = prepared
        self.preview = preview
        self.float32Autoencoder = float32Autoencoder
    }

    /// Draws `request.count` pictures, one after another, so that memory does not grow with the count.
    ///
    /// `report` is called after each stage and step; what it throws ends the run, which is how a run is cancelled.
    ///
    /// - Throws: ``PipelineError``; `BackendError`; `SamplingError`; what `report` throws.
    public func callAsFunction(
        _ request: DiffusionRequest, on backend: some Backend, report: (Progress) throws -> Void = { _ in }
    ) throws -> Result {
        try validate(request)
        let clock = ContinuousClock()
        var timings = Timings()
        var warnings: [String] = []

        let start = clock.now
        let plan = try plan(request, on: backend)
        let run = try ImageRun(
            self, request, plan, { NoiseStream(request.random, seed: $0) })
        timings.text = clock.now - start
        try report(.encoded)

        var images: [Image] = []
        var finals: [Float] = []
        var decoder = decoder(request)
        let course = RunCourse(plan, imageCount: request.count)
        for image in 0..<request.count {
            let latents = try run.latents(image, decoder: &decoder, warnings: &warnings, on: backend) {
                evaluation, duration, expected in
                timings.steps.append(duration)
                try report(
                    .step(course.step(evaluation, image: image, duration: duration)) { [model, preview] in
                        try preview(model.autoencoder, on: backend)(backend.download(expected()))
                    })
            }
            finals += latents.nchw.floats
            let decodeStart = clock.now
            images.append(try decoder.picture(of: latents, warnings: &warnings, on: plan.autoencoder))
            timings.decode += clock.now - decodeStart
            try report(.decoded(image: image))
        }
        return Result(
            images: images, latents: HostTensor(finals, shape: latentShape(request, count: request.count)),
            timings: timings, warnings: warnings)
    }

    /// Goes through all that one image of `request` takes on a backend that counts and computes nothing.
    ///
    /// No random number is drawn and no pixel is made, so that the largest request can be weighed in little memory.
    /// `encoded` is called between what all images share, text and times, and what each image takes; `stepped`, after each
    /// evaluation, is given what would make a preview.
    ///
    /// - Throws: as a run would, before its first step.
    package func rehearse(
        _ request: DiffusionRequest, on backend: some Backend,
        stepped: (_ preview: () throws -> Image) throws -> Void = { _ in }, encoded: () throws -> Void
    ) throws {
        try validate(request)
        var warnings: [String] = []
        let plan = try plan(request, on: backend)
        let run = try ImageRun(self, request, plan, { _ in Silence() })
        try encoded()
        var decoder = decoder(request)
        let latents = try run.latents(0, decoder: &decoder, warnings: &warnings, on: backend) {
            [model, preview] _, _, expected in
            try stepped { try preview(model.autoencoder, on: backend)(backend.download(expected())) }
        }
        try LatentDecoder.rehearse(latents, model.autoencoder, on: plan.autoencoder)
    }

    private func decoder(_ request: DiffusionRequest) -> LatentDecoder {
        LatentDecoder(model.autoencoder) { [float32Autoencoder] in
            let (autoencoder, backend) = try float32Autoencoder()
            return (autoencoder, request.tiling.wrapping(backend))
        }
    }

    /// The shape of a request's final latents as files have them: `[count, C, H/s, W/s]`.
    func latentShape(_ request: DiffusionRequest, count: Int) -> Shape {
        let size = request.hires?.size ?? PixelSize(width: request.width, height: request.height)
        return [
            count, model.autoencoder.configuration.latentChannels, size.height / model.scale, size.width / model.scale,
        ]
    }
}

/// Noise that has a shape only.
private struct Silence: NoiseSource {
    mutating func next(_ shape: Shape) -> HostTensor {
        HostTensor(
            shape: shape, elementType: .float32, bytes: UnsafeRawBufferPointer(start: nil, count: 0), owner: nil)
    }

    mutating func brownian(
        _ shape: Shape, from sigma: Double, to next: Double, in range: BrownianRange
    ) -> HostTensor { self.next(shape) }
}
