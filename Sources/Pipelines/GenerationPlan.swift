import DaguerreModels
import DaguerreSampling
import DaguerreTensors
import DaguerreTokenizers

/// What all images of a request share: each pass's stages, ready to run.
struct GenerationPlan {
    /// A denoising by one model, or the part of it that the model does.
    struct Stage {
        let plan: SamplingRun
        let unet: UNet
        /// What the denoiser runs on for so many images at once: the run's backend, or a wrapper around it.
        let denoiser: @Sendable (_ imageCount: Int) -> any Backend
        /// What the denoiser sees of the prompts, the first from the first step on.
        let conditions: [StepConditions]
        /// `nil` where there is no negative prompt and only one other.
        let guidance: (scale: Double, rescale: Double)?

        /// Which of the conditions hold at `step`.
        func conditionsIndex(at step: Int) -> Int { conditions.lastIndex { $0.firstStep <= step } ?? 0 }

        func joins(_ other: Stage) -> Bool {
            let isGuidanceEmbedded = unet.configuration.timeConditionWidth != nil
            return plan.evaluations == other.plan.evaluations
                && !(isGuidanceEmbedded && conditions[0].guidance != other.conditions[0].guidance)
                && plan.evaluations.allSatisfy { evaluation in
                    let (a, b) = (self, other)
                    return a.conditions[a.conditionsIndex(at: evaluation.step)].textShape
                        == b.conditions[b.conditionsIndex(at: evaluation.step)].textShape
                }
        }
    }

    /// A denoising at one size: by the model, then perhaps by its refiner.
    struct Pass {
        let size: PixelSize
        let stages: [Stage]
    }

    /// The first, and perhaps a second, larger one.
    let passes: [Pass]
    /// What the autoencoder runs on.
    let autoencoder: any Backend

    /// Whether the denoiser can see images of both at once, where their requests' ``BatchKey`` is the same: whether their
    /// prompts are equally many and equally long at each step, and nothing tells their times apart.
    func joins(_ other: GenerationPlan) -> Bool {
        passes.count == other.passes.count
            && zip(passes, other.passes).allSatisfy { a, b in
                a.stages.count == b.stages.count && zip(a.stages, b.stages).allSatisfy { $0.joins($1) }
            }
    }
}

extension DiffusionPipeline {
    /// Encodes the prompts and plans every step.
    func plan(_ request: DiffusionRequest, on backend: some Backend) throws -> GenerationPlan {
        let draft = try PlanDraft(request, refiner: refiner)
        let backends = try PartBackends(
            model, request, prepared: prepared, evaluations: draft.evaluationCount * request.count, on: backend)
        var base = try PromptedModel(model, request, backends, on: backend)
        // Adapters, controls and pictures to see are the base's.
        var plain = request
        plain.adapters = []
        plain.controls = []
        plain.imagePrompts = []
        var refining = try refiner.map {
            try PromptedModel(
                $0, plain, PartBackends($0, plain, prepared: nil, evaluations: 0, on: backend), on: backend)
        }
        let passes = try draft.passes.map { pass in
            var stages = [try base.stage(pass.base, on: backend)]
            if let part = pass.refiner, let stage = try refining?.stage(part, on: backend) { stages.append(stage) }
            return GenerationPlan.Pass(size: pass.size, stages: stages)
        }
        return GenerationPlan(passes: passes, autoencoder: backends.autoencoder)
    }
}

/// Which steps of which passes are to be done: what can be said before a prompt is encoded.
private struct PlanDraft {
    struct Pass {
        let size: PixelSize
        let base: PromptedModel.Part
        let refiner: PromptedModel.Part?
    }

    let passes: [Pass]

    init(_ request: DiffusionRequest, refiner: DiffusionModel?) throws {
        let size = PixelSize(width: request.width, height: request.height)
        let entry = request.start?.entry ?? .noise
        let end = refiner == nil ? 1 : request.refinerStart
        // Each model says what it was trained to say, whoever solves.
        let prediction = refiner?.sampler.predictionType
        guard let hires = request.hires else {
            passes = [try Self.pass(size, entry, end: end, prediction, request.steps, request.sampler)]
            return
        }
        passes = [
            try Self.pass(size, entry, end: 1, nil, request.steps, request.sampler),
            try Self.pass(
                hires.size, .strength(hires.strength), end: end, prediction, hires.steps ?? request.steps,
                hires.sampler ?? request.sampler, after: request.steps),
        ]
    }

    private static func pass(
        _ size: PixelSize, _ entry: SamplingPart.Start, end: Double, _ refinerPrediction: PredictionType?, _ steps: Int,
        _ sampler: SamplerConfiguration, after firstPass: Int? = nil
    ) throws -> Pass {
        let base = try SamplingRun(sampler, stepCount: steps, part: SamplingPart(start: entry, end: end))
        let refinerSampler =
            try refinerPrediction.flatMap { $0 == sampler.predictionType ? nil : try sampler.predicting($0) } ?? sampler
        let refiner =
            end < 1
            ? try SamplingRun(refinerSampler, stepCount: steps, part: SamplingPart(start: .fraction(end))) : nil
        let counted = PromptSchedule.Steps(
            count: base.stepCount + (refiner?.stepCount ?? 0), afterFirstPassOf: firstPass)
        return Pass(
            size: size, base: .init(size: size, plan: base, sampler: sampler, steps: counted),
            refiner: refiner.map {
                .init(size: size, plan: $0, sampler: refinerSampler, steps: counted, stepsBefore: base.stepCount)
            })
    }

    var evaluationCount: Int {
        passes.reduce(0) { $0 + $1.base.plan.evaluations.count + ($1.refiner?.plan.evaluations.count ?? 0) }
    }
}
