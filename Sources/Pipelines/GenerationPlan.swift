import DaguerreModels
import DaguerreSampling
import DaguerreTensors
import DaguerreTokenizers

/// What all images of a request share: each pass's stages, ready to run.
struct GenerationPlan {
    /// A denoising by one model, or the part of it that the model does.
    struct Stage {
        let plan: SamplingRun
        let loop: DenoisingLoop
    }

    /// A denoising at one size: by the model, then perhaps by its refiner.
    struct Pass {
        let size: PixelSize
        let stages: [Stage]
    }

    let first: Pass
    /// The second, larger pass.
    let second: Pass?

    /// Evaluations of a denoiser that one image takes.
    var evaluationCount: Int {
        [first, second].compactMap(\.self).flatMap(\.stages).reduce(0) { $0 + $1.plan.evaluations.count }
    }
}

extension DiffusionPipeline {
    /// Encodes the prompts and plans every step.
    func plan(_ request: DiffusionRequest, on backend: some Backend) throws -> GenerationPlan {
        let size = PixelSize(width: request.width, height: request.height)
        let entry = request.start?.entry ?? .noise
        let steps = PromptSchedule.Steps(count: request.steps)
        var base = try PromptedModel(model, request, on: backend)
        guard let hires = request.hires else {
            let stages = try refined(request, &base, size, entry, steps, request.sampler, on: backend)
            return GenerationPlan(first: .init(size: size, stages: stages), second: nil)
        }
        let first = try base.stage(size, steps: steps, SamplingPart(start: entry), request.sampler, on: backend)
        let second = try refined(
            request, &base, hires.size, .strength(hires.strength),
            PromptSchedule.Steps(count: hires.steps ?? request.steps, afterFirstPassOf: request.steps),
            hires.sampler ?? request.sampler, on: backend)
        return GenerationPlan(
            first: .init(size: size, stages: [first]), second: .init(size: hires.size, stages: second))
    }

    /// The model's part, then that of its refiner where the request has one.
    private func refined(
        _ request: DiffusionRequest, _ base: inout PromptedModel, _ size: PixelSize, _ entry: SamplingPart.Start,
        _ steps: PromptSchedule.Steps, _ sampler: SamplerConfiguration, on backend: some Backend
    ) throws -> [GenerationPlan.Stage] {
        let end = request.refinerStart
        let part = SamplingPart(start: entry, end: end)
        let first = try base.stage(size, steps: steps, part, sampler, on: backend)
        guard end < 1, let refiner else { return [first] }
        var second = try PromptedModel(refiner, request, on: backend)
        return [
            first,
            try second.stage(
                size, steps: steps, after: first.plan.stepCount, SamplingPart(start: .fraction(end)), sampler,
                on: backend),
        ]
    }
}
