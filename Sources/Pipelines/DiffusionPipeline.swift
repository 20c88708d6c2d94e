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
    let preview: KeptLatentPreview
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
        // Every request ends; this one's end is put in its place.
        var result = Swift.Result<Result, any Error>.failure(CancellationError())
        callAsFunction(
            batch: [request], atOnce: 1, on: backend, report: { try report($1) }, ended: { result = $1 })
        return try result.get()
    }

    /// Draws the pictures of several requests, up to `limit` of them at once where their ``DiffusionRequest/batchKey``
    /// allows; each is what it would be alone, as far as the backend's sums do not depend on how many rows there are.
    ///
    /// Memory grows with `limit`. A request begins when an image of its is drawn, the first one first.
    ///
    /// - Parameters:
    ///   - requests: called by their places here.
    ///   - report: hears of each stage and step of each request; what it throws ends that request, before the next step.
    ///   - ended: hears once of each request, as soon as its last picture is drawn or it has failed.
    public func callAsFunction(
        batch requests: [DiffusionRequest], atOnce limit: Int, on backend: some Backend,
        report: (_ request: Int, Progress) throws -> Void = { _, _ in },
        ended: (_ request: Int, Swift.Result<Result, any Error>) -> Void
    ) {
        var drawing = BatchDrawing(self, requests, limit: limit) { request in
            { NoiseStream(request.random, seed: $0) }
        }
        drawing.run(on: backend, report: report, ended: ended)
    }

    /// Goes through all that the images of `requests` take on a backend that counts and computes nothing: of each request
    /// as many as show what all of them take, see ``rehearsedCount(_:atOnce:)``.
    ///
    /// No random number is drawn and no pixel is made, so that the largest request can be weighed in little memory.
    /// `report` hears of all that a run would report.
    ///
    /// - Throws: as a run would, before its first step.
    package func rehearse(
        _ requests: [DiffusionRequest], atOnce limit: Int = 1, on backend: some Backend,
        report: (_ request: Int, Progress) throws -> Void = { _, _ in }
    ) throws {
        for request in requests { try validate(request) }
        let few = requests.map { request in
            var few = request
            few.count = Self.rehearsedCount(request.count, atOnce: limit)
            few.initialLatents = nil
            return few
        }
        var drawing = BatchDrawing(self, few, limit: limit) { _ in { _ in Silence() } }
        drawing.isRehearsal = true
        var failure: (any Error)?
        drawing.run(on: backend, report: report) { _, result in
            if case .failure(let error) = result { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    /// Images of a request of `count` images that a rehearsal goes through: those of the last batch, and one whole batch.
    package static func rehearsedCount(_ count: Int, atOnce limit: Int) -> Int {
        count <= limit ? count : limit + count % limit
    }

    func decoder(_ tiling: TilingAxes) -> LatentDecoder {
        LatentDecoder(model.autoencoder) { [float32Autoencoder] in
            let (autoencoder, backend) = try float32Autoencoder()
            return (autoencoder, tiling.wrapping(backend))
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
