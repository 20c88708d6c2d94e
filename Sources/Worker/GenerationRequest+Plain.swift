package import Daguerre
package import DaguerreJobs
import DaguerrePipelines
import DaguerreSampling

extension GenerationRequest {
    /// What `request` says in numbers and names: all but the files that it is made with.
    ///
    /// - Throws: ``RequestError`` naming the field of a name that there is none of.
    package init(plain request: JobRequest) throws {
        self.init(request.prompt, seed: request.seed ?? 0)
        negativePrompt = request.negativePrompt
        count = request.count
        steps = request.steps
        guidance = request.guidanceScale
        guidanceRescale = request.guidanceRescale ?? 0
        width = request.width
        height = request.height
        sampler = request.sampler
        schedule = request.schedule
        random = try Self.named(request.random, "random", RandomSource.init, RandomSource.allCases) ?? random
        promptOptions.clipSkip = request.clipSkip
        promptOptions.emphasis =
            try Self.named(
                request.emphasis, "emphasis", PromptOptions.Emphasis.init, PromptOptions.Emphasis.allCases)
            ?? promptOptions.emphasis
        variation = request.variation.map { SeedVariation(seed: $0.seed, strength: $0.strength) }
        seedSize = request.seedSize.map(PixelSize.init)
        tiling = try request.tiling.map(TilingAxes.init(named:)) ?? []
        fresh = request.noise.map(FreshNoise.init)
        conditions = request.conditions.map(PictureConditions.init) ?? conditions
        hires = try request.hires.map(HiresRequest.init)
        refinerStart = request.refiner?.start ?? 1
    }

    private static func named<Value: RawRepresentable<String>>(
        _ name: String?, _ field: String, _ make: (String) -> Value?, _ known: [Value]
    ) throws(RequestError) -> Value? {
        guard let name else { return nil }
        guard let value = make(name) else {
            throw RequestError(
                field, found: name, expected: "one of \(known.map(\.rawValue).joined(separator: ", "))")
        }
        return value
    }
}

extension PixelSize {
    fileprivate init(_ size: JobRequest.Size) { self.init(width: size.width, height: size.height) }
}

extension TilingAxes {
    fileprivate init(named name: String) throws(RequestError) {
        switch name {
        case "both": self = .both
        case "horizontal": self = .horizontal
        case "vertical": self = .vertical
        default: throw RequestError("tiling", found: name, expected: "one of both, horizontal, vertical")
        }
    }
}

extension FreshNoise {
    fileprivate init(_ noise: JobRequest.Noise) {
        self.init()
        eta = noise.eta
        churn = noise.churn ?? churn
        minimumSigma = noise.minimumSigma ?? minimumSigma
        maximumSigma = noise.maximumSigma ?? maximumSigma
        scale = noise.scale ?? scale
    }
}

extension PictureConditions {
    fileprivate init(_ conditions: JobRequest.Conditions) {
        self.init()
        originalSize = conditions.originalSize.map(PixelSize.init)
        targetSize = conditions.targetSize.map(PixelSize.init)
        crop = PixelSize(width: conditions.cropLeft ?? crop.width, height: conditions.cropTop ?? crop.height)
        aestheticScore = conditions.aestheticScore ?? aestheticScore
        negativeAestheticScore = conditions.negativeAestheticScore ?? negativeAestheticScore
    }
}

extension HiresRequest {
    fileprivate init(_ hires: JobRequest.Hires) throws(RequestError) {
        switch (hires.width, hires.height) {
        case (let width?, let height?): self.init(.pixels(PixelSize(width: width, height: height)))
        case (nil, nil): self.init(.scale(hires.scale ?? 2))
        default: throw RequestError("hires", found: "one side", expected: "width and height, or neither")
        }
        if let name = hires.upscaler {
            guard let upscaler = HiresUpscaler(rawValue: name) ?? HiresUpscaler(infotextName: name) else {
                let known = HiresUpscaler.allCases.map(\.infotextName).joined(separator: ", ")
                throw RequestError("hires.upscaler", found: name, expected: "one of \(known)")
            }
            enlargement = upscaler.enlargement
        }
        steps = hires.steps
        strength = hires.strength
        sampler = hires.sampler
        schedule = hires.schedule
    }
}
