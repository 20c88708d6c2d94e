import DaguerreModels
import DaguerrePipelines
import DaguerrePixels
import DaguerreSampling

/// A request with every default filled in and every name understood.
struct ResolvedRequest: Sendable {
    /// What is drawn.
    private(set) var drawing: DiffusionRequest
    /// The same for a dry run: networks that only count in place of those that draw.
    private(set) var weighing: DiffusionRequest
    private let edit: EditPreparation?

    /// - Throws: `SamplingError` listing the names that there are; `PipelineError` naming a field.
    init(_ request: GenerationRequest, reader: ModelReader, defaults: GenerationDefaults) throws {
        func sampler(_ name: String?, _ schedule: String?) throws -> SamplerConfiguration {
            let named = try name.map(SamplerName.parse)
            let schedule = try schedule.map(ScheduleName.parse) ?? named?.schedule
            return try reader.pipelineSampler(reader.sampler.replacing(sampler: named?.sampler, schedule: schedule))
        }
        // What is drawn over a whole picture has its size, unless the request says otherwise.
        let given = request.edit.flatMap { $0.mask?.padding == nil ? $0.image : nil }
        func side(_ asked: Int?, _ picture: Int?, _ preset: Int?) -> Int {
            asked ?? picture.map { max($0 / 8 * 8, 8) } ?? preset ?? reader.side
        }
        drawing = DiffusionRequest(
            prompt: request.prompt, seed: request.seed, steps: request.steps ?? defaults.steps ?? 30,
            guidance: request.guidance ?? defaults.guidance ?? 7.5,
            width: side(request.width, given?.width, defaults.width),
            height: side(request.height, given?.height, defaults.height),
            sampler: try sampler(request.sampler, request.schedule), random: request.random)
        drawing.negativePrompt = request.negativePrompt
        drawing.count = request.count
        drawing.guidanceRescale = request.guidanceRescale
        drawing.initialLatents = request.initialLatents
        drawing.variation = request.variation
        drawing.seedSize = request.seedSize
        drawing.conditions = request.conditions
        drawing.prompts = request.promptOptions
        drawing.adapters = request.adapters
        drawing.adapterPolicy = request.adapterPolicy
        drawing.refinerStart = request.refinerStart
        drawing.tiling = request.tiling
        if let fresh = request.fresh { drawing.sampler.fresh = fresh }
        let size = PixelSize(width: drawing.width, height: drawing.height)
        edit = try request.edit.map { try EditPreparation($0, size: size) }
        drawing.start = edit?.start
        if let hires = request.hires {
            guard request.edit?.mask == nil else {
                throw PipelineError.invalid(
                    field: "a second pass", found: "asked for with a mask",
                    expected: "one of both: what is drawn anew has the picture's size")
            }
            var pass = HiresPass(
                size: try hires.size.pixels(beside: size), enlargement: hires.enlargement, strength: hires.strength)
            pass.steps = hires.steps
            if hires.sampler != nil || hires.schedule != nil {
                // As in the web UI, a schedule that the second pass does not name is the first one's.
                let own = try hires.sampler.map(SamplerName.parse)?.schedule?.rawValue
                let first = try request.sampler.map(SamplerName.parse)?.schedule?.rawValue
                var second = try sampler(
                    hires.sampler ?? request.sampler, hires.schedule ?? own ?? request.schedule ?? first)
                if let fresh = request.fresh { second.fresh = fresh }
                pass.sampler = second
            }
            drawing.hires = pass
        }
        weighing = drawing
        drawing.controls = try request.controls.map { try $0.use($0.model.drawing, size: size) }
        weighing.controls = try request.controls.map { try $0.use($0.model.weighing, size: size) }
        drawing.imagePrompts = try request.imagePrompts.map { try $0.model.use($0, $0.model.drawing) }
        weighing.imagePrompts = try request.imagePrompts.map { try $0.model.use($0, $0.model.weighing) }
    }

    /// What becomes of a picture that was drawn.
    func finished(_ drawn: Image) -> Image { edit?.restored(drawn) ?? drawn }

    /// What a safety checker is shown of each finished picture.
    var safetyViews: SafetyViews {
        if let place = edit?.finishedPlace {
            return SafetyViews(width: place.size.width, height: place.size.height, part: place.region)
        }
        let size = drawing.hires?.size ?? PixelSize(width: drawing.width, height: drawing.height)
        return SafetyViews(width: size.width, height: size.height)
    }
}

extension HiresRequest.Size {
    /// The size in pixels, for a first pass of `size`.
    fileprivate func pixels(beside size: PixelSize) throws(PipelineError) -> PixelSize {
        switch self {
        case .pixels(let size): return size
        case .scale(let scale):
            guard (1...16).contains(scale) else {
                throw .invalid(field: "hires scale", found: "\(scale)", expected: "a number from 1 to 16")
            }
            func scaled(_ side: Int) -> Int { Int(Double(side.clampedToSize) * scale) / 8 * 8 }
            return PixelSize(width: scaled(size.width), height: scaled(size.height))
        }
    }
}

extension Int {
    /// Sizes are checked where they are drawn; here they must only not overflow.
    fileprivate var clampedToSize: Int { Swift.min(Swift.max(self, 0), 1 << 20) }
}
