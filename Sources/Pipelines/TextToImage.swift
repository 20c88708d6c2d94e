public import DaguerreModels
public import DaguerrePixels
public import DaguerreSampling
public import DaguerreTensors
import DaguerreTokenizers

/// Draws pictures from a prompt: a plain function of model, request and random source, without state between calls.
///
/// Source: Rombach et al. (arXiv 2112.10752); diffusers 0.42.1 `StableDiffusionPipeline.__call__`, whose result it
/// gives for one generator per image.
public struct TextToImage: Sendable {
    /// What to draw.
    public struct Request: Sendable {
        /// What to draw.
        public var prompt: String
        /// What to keep away from.
        public var negativePrompt = ""
        /// Seed of the first image; image *i* has `seed + i`.
        public var seed: UInt64
        /// Images to draw.
        public var count = 1
        /// Denoising steps.
        public var steps: Int
        /// Scale of classifier-free guidance; 1 and less is none, and takes half the time.
        public var guidance: Double
        /// How far the guided prediction is scaled back to the spread of the conditional one, from 0 to 1.
        public var guidanceRescale = 0.0
        /// Pixels; multiples of the autoencoder's scale.
        public var width, height: Int
        /// Who solves, on which noise levels.
        public var sampler: SamplerConfiguration
        /// Whose random numbers to draw.
        public var random: RandomSource
        /// What Stable Diffusion XL is told of the picture.
        public var conditions = PictureConditions()
        /// Standard normal latents `[count, C, H/s, W/s]` to begin with, in place of drawn ones.
        public var initialLatents: HostTensor?

        /// A request with no negative prompt, for one image.
        public init(
            prompt: String, seed: UInt64, steps: Int, guidance: Double, width: Int, height: Int,
            sampler: SamplerConfiguration, random: RandomSource
        ) {
            self.prompt = prompt
            self.seed = seed
            self.steps = steps
            self.guidance = guidance
            self.width = width
            self.height = height
            self.sampler = sampler
            self.random = random
        }
    }

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
    private let float32Autoencoder: @Sendable () throws -> (Autoencoder, any Backend)

    /// `float32Autoencoder` gives the autoencoder in float32, and is asked only if half precision made NaNs.
    public init(
        _ model: DiffusionModel, float32Autoencoder: @escaping @Sendable () throws -> (Autoencoder, any Backend)
    ) {
        self.model = model
        self.float32Autoencoder = float32Autoencoder
    }

    /// Draws `request.count` pictures, one after another, so that memory does not grow with the count.
    ///
    /// `report` is called after each stage and step; what it throws ends the run, which is how a run is cancelled.
    ///
    /// - Throws: ``PipelineError``; `BackendError`; `SamplingError`; what `report` throws.
    public func callAsFunction(
        _ request: Request, on backend: some Backend, report: (Progress) throws -> Void = { _ in }
    ) throws -> Result {
        try validate(request)
        let clock = ContinuousClock()
        var timings = Timings()
        var warnings: [String] = []

        let start = clock.now
        let (plan, loop) = try prepare(request, warnings: &warnings, on: backend)
        timings.text = clock.now - start
        try report(.encoded)

        var images: [Image] = []
        var finals: [Float] = []
        var decoder = LatentDecoder(model.autoencoder, float32: float32Autoencoder)
        for image in 0..<request.count {
            var noise = NoiseStream(request.random, seed: request.seed &+ UInt64(image))
            let latents = try loop.run(
                plan, from: try initialLatents(request, image: image, noise: &noise), noise: &noise, on: backend
            ) { index, duration in
                timings.steps.append(duration)
                try report(.step(index: index, count: plan.evaluations.count, image: image, duration: duration))
            }
            finals += latents.nchw.floats
            let decodeStart = clock.now
            images.append(try decoder.picture(of: latents, warnings: &warnings, on: backend))
            timings.decode += clock.now - decodeStart
            try report(.decoded(image: image))
        }
        return Result(
            images: images, latents: HostTensor(finals, shape: latentShape(request, count: request.count)),
            timings: timings, warnings: warnings)
    }

    /// What all images of a request share: the sampler's plan, and the loop over text and times.
    func prepare(
        _ request: Request, warnings: inout [String], on backend: some Backend
    ) throws -> (plan: SamplingRun, loop: DenoisingLoop) {
        let isGuided = request.guidance > 1 && model.unet.configuration.timeConditionWidth == nil
        let plan = try SamplingRun(request.sampler, stepCount: request.steps)
        let text = try encode(request, isGuided: isGuided, warnings: &warnings, on: backend)
        let time = try model.unet.timeStates(
            plan.evaluations.map(\.timestep), guidance: request.guidance,
            added: model.addedConditions(
                request.conditions, pooled: text.pooled, width: request.width, height: request.height,
                isGuided: isGuided), on: backend)
        let loop = DenoisingLoop(
            unet: model.unet, text: try model.unet.textStates(text.states, on: backend), time: time,
            guidance: isGuided ? (request.guidance, request.guidanceRescale) : nil)
        return (plan, loop)
    }

    /// The shape of a request's latents as files have them: `[count, C, H/s, W/s]`.
    func latentShape(_ request: Request, count: Int) -> Shape {
        [
            count, model.autoencoder.configuration.latentChannels, request.height / model.scale,
            request.width / model.scale,
        ]
    }

    func validate(_ request: Request) throws {
        func require(
            _ field: String, _ found: some CustomStringConvertible, _ expected: String, _ isValid: Bool
        ) throws {
            guard isValid else { throw PipelineError.invalid(field: field, found: "\(found)", expected: expected) }
        }
        for (field, size) in [("width", request.width), ("height", request.height)] {
            try require(
                field, size, "a multiple of \(model.scale) from \(model.scale) to 16384",
                size > 0 && size <= 16384 && size % model.scale == 0)
        }
        try require("steps", request.steps, "a number from 1 to 1000", (1...1000).contains(request.steps))
        try require("count", request.count, "a number from 1 to 1000", (1...1000).contains(request.count))
        try require("guidance", request.guidance, "a number from 0 to 1000", (0...1000).contains(request.guidance))
        try require(
            "guidance rescale", request.guidanceRescale, "a number from 0 to 1",
            (0...1).contains(request.guidanceRescale))
        if let latents = request.initialLatents {
            let expected = latentShape(request, count: request.count)
            try require("the shape of the initial latents", latents.shape, "\(expected)", latents.shape == expected)
        }
    }

    /// What the text encoders make of the prompt; with guidance, of the negative prompt before it.
    private func encode(
        _ request: Request, isGuided: Bool, warnings: inout [String], on backend: some Backend
    ) throws -> EncodedText {
        let length = model.text.chunkLength
        let prompts = (isGuided ? [("negative prompt", request.negativePrompt)] : []) + [("prompt", request.prompt)]
        var tokens: [[[Int]]] = []
        for (index, part) in model.text.parts.enumerated() {
            var rows: [[Int]] = []
            for (name, prompt) in prompts {
                let chunk = part.tokenizer.chunk(prompt, length: length)
                if chunk.droppedCount > 0, index == 0 {
                    let text = chunk.droppedText.count > 200 ? "\(chunk.droppedText.prefix(200))…" : chunk.droppedText
                    warnings.append("the \(name) is longer than \(length - 2) tokens; this was left out: \(text)")
                }
                let limit = part.encoder.configuration.vocabularySize
                if let stray = chunk.ids.first(where: { !(0..<limit).contains($0) }) {
                    throw PipelineError.invalid(
                        field: "a token of the tokenizer", found: "\(stray)",
                        expected: "from 0 to less than the text encoder's vocab_size \(limit)")
                }
                rows.append(chunk.ids)
            }
            tokens.append(rows)
        }
        let encoded = try model.text.encode(tokens, on: backend)
        guard isGuided, model.zeroesEmptyNegative, request.negativePrompt.isEmpty else { return encoded }
        return EncodedText(
            states: try withoutFirst(encoded.states, on: backend), pooled: try withoutFirst(encoded.pooled, on: backend)
        )
    }

    /// The same with the first row made zeros.
    private func withoutFirst(_ x: Tensor, on backend: some Backend) throws -> Tensor {
        let first = x.slice(0..<1)
        return try backend.concatenateBatch([backend.weightedSum([(0, first)]), x.slice(1..<x.shape[0])])
    }

    /// Unit normal latents `[1, H/s, W/s, C]`, given or drawn.
    private func initialLatents(_ request: Request, image: Int, noise: inout NoiseStream) throws -> HostTensor {
        if let given = request.initialLatents { return given.slice(image..<image + 1).nhwc }
        let shape = latentShape(request, count: 1)
        return noise.next([1, shape[2], shape[3], shape[1]])
    }
}
