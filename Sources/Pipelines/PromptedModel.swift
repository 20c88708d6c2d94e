import DaguerreModels
import DaguerreSampling
import DaguerreTensors
import DaguerreTokenizers

/// A model and a request's prompts, which its text encoders have read.
struct PromptedModel {
    private let model: DiffusionModel
    private let request: DiffusionRequest
    private let isGuided: Bool
    private var encoder: PromptEncoder

    init(_ model: DiffusionModel, _ request: DiffusionRequest, on backend: some Backend) throws {
        self.model = model
        self.request = request
        // Samplers that look at both prompts have scales of their own.
        let samplers = [request.sampler, request.hires?.sampler].compactMap(\.self)
        isGuided =
            (request.guidance > 1 || samplers.contains(where: \.readsUnconditional))
            && model.unet.configuration.timeConditionWidth == nil
        encoder = try PromptEncoder(
            model.text, zeroesEmptyNegative: model.zeroesEmptyNegative, options: request.prompts, on: backend)
    }

    /// The part of a denoising at `size` that `part` says.
    ///
    /// - Parameters:
    ///   - size: pixels.
    ///   - steps: those of the pass, of which `part` does some.
    ///   - stepsBefore: those of the pass that another model has done before.
    ///   - part: which of the steps to do.
    ///   - sampler: who solves.
    ///   - backend: computes.
    mutating func stage(
        _ size: PixelSize, steps: PromptSchedule.Steps, after stepsBefore: Int = 0, _ part: SamplingPart,
        _ sampler: SamplerConfiguration, on backend: some Backend
    ) throws -> GenerationPlan.Stage {
        let plan = try SamplingRun(sampler, stepCount: steps.count, part: part)
        let prompts = try encoder(
            prompt: request.prompt, negativePrompt: request.negativePrompt, isGuided: isGuided, steps: steps)
        let negativeCount = prompts.hasNegative ? 1 : 0
        var known: [Int: (text: TextStates, time: TimeStates)] = [:]
        var shared: TimeStates?
        var conditions: [StepConditions] = []
        var first = 0
        for segment in prompts.segments {
            defer { first = segment.lastStep }
            let isLast = segment == prompts.segments.last
            guard segment.lastStep > stepsBefore || isLast, first - stepsBefore < plan.stepCount || conditions.isEmpty
            else { continue }
            let text = prompts.conditions[segment.condition]
            let added = model.addedConditions(
                request.conditions, pooled: text.pooled, drawn: size, negativeCount: negativeCount)
            let states =
                try known[segment.condition]
                ?? (
                    text: model.unet.textStates(text.states, on: backend),
                    time: shared
                        ?? model.unet.timeStates(
                            plan.evaluations.map(\.timestep), guidance: request.guidance, added: added, on: backend)
                )
            known[segment.condition] = states
            // Only what is added depends on the prompts.
            if added == nil { shared = states.time }
            conditions.append(
                StepConditions(
                    firstStep: max(0, first - stepsBefore), text: states.text, time: states.time,
                    weights: prompts.weights, guidance: request.guidance, added: added))
        }
        // Several prompts without guidance are still differences from the negative one.
        let guidance = isGuided ? (sampler.guidanceScale(request.guidance), request.guidanceRescale) : (1, 0)
        return GenerationPlan.Stage(
            plan: plan,
            loop: DenoisingLoop(
                unet: model.unet, conditions: conditions, guidance: prompts.hasNegative ? guidance : nil))
    }
}
