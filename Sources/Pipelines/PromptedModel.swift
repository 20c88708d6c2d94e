import DaguerreModels
import DaguerreSampling
import DaguerreTensors
import DaguerreTokenizers

/// A model, what each of its parts runs on, and a request's prompts, which its text encoders have read.
struct PromptedModel {
    /// A denoising that is to be planned.
    struct Part {
        let size: PixelSize
        let plan: SamplingRun
        /// Who solves it.
        let sampler: SamplerConfiguration
        /// What the prompts' edits count: all steps of the pass, and those of a first pass before it.
        let steps: PromptSchedule.Steps
        /// Steps of the pass that another model does before.
        var stepsBefore = 0
    }

    let backends: PartBackends

    private let model: DiffusionModel
    private let request: DiffusionRequest
    private let isGuided: Bool
    private var encoder: PromptEncoder

    init(
        _ model: DiffusionModel, _ request: DiffusionRequest, _ backends: PartBackends, on backend: some Backend
    ) throws {
        self.model = model
        self.request = request
        // Samplers that look at both prompts have scales of their own.
        let samplers = [request.sampler, request.hires?.sampler].compactMap(\.self)
        isGuided =
            (request.guidance > 1 || samplers.contains(where: \.readsUnconditional))
            && model.unet.configuration.timeConditionWidth == nil
        self.backends = backends
        encoder = try PromptEncoder(
            model.text, zeroesEmptyNegative: model.zeroesEmptyNegative, options: request.prompts,
            encoders: backends.text, on: backend)
    }

    /// Encodes what the prompts say in the course of `part`, and computes all that does not change between its steps.
    mutating func stage(_ part: Part, on backend: some Backend) throws -> GenerationPlan.Stage {
        let prompts = try encoder(
            prompt: request.prompt, negativePrompt: request.negativePrompt, isGuided: isGuided, steps: part.steps)
        let controls = try request.controls.map { ($0, try ControlPicture($0, size: part.size, on: backends.control)) }
        var known: [Int: StepConditions] = [:]
        var conditions: [StepConditions] = []
        var first = 0
        for segment in prompts.segments {
            defer { first = segment.lastStep }
            let isLast = segment == prompts.segments.last
            let isReached = first - part.stepsBefore < part.plan.stepCount || conditions.isEmpty
            guard segment.lastStep > part.stepsBefore || isLast, isReached else { continue }
            let computed =
                try known[segment.condition]
                ?? self.conditions(
                    prompts, prompts.conditions[segment.condition], part, controls, shared: conditions.first?.time,
                    on: backend)
            known[segment.condition] = computed
            conditions.append(computed.beginning(at: max(0, first - part.stepsBefore)))
        }
        // Several prompts without guidance are still differences from the negative one.
        let guidance = isGuided ? (part.sampler.guidanceScale(request.guidance), request.guidanceRescale) : (1, 0)
        return GenerationPlan.Stage(
            plan: part.plan, unet: model.unet, denoiser: backends.denoiser, conditions: conditions,
            guidance: prompts.hasNegative ? guidance : nil)
    }

    /// `shared` are time states of other prompts, which hold for these too where nothing is added to the times.
    private func conditions(
        _ prompts: PromptPlan, _ text: EncodedText, _ part: Part, _ controls: [(ControlUse, ControlPicture)],
        shared: TimeStates?, on backend: some Backend
    ) throws -> StepConditions {
        let added = model.addedConditions(
            request.conditions, pooled: text.pooled, drawn: part.size, negativeCount: prompts.hasNegative ? 1 : 0)
        let unet = backends.unet
        let (rows, negatives) = (text.states.shape[0], prompts.hasNegative ? 1 : 0)
        let seen = try request.imagePrompts.reduce(model.unet.textStates(text.states, on: unet)) { states, use in
            states.adding(
                try use.adapter.states(
                    of: use.pictures, prompts: rows, negatives: negatives, seenBy: use.encoder, on: backend),
                scale: use.scale, unet: model.unet.configuration)
        }
        return StepConditions(
            firstStep: 0, text: seen, textShape: text.states.shape,
            time: try (added == nil ? shared : nil)
                ?? model.unet.timeStates(
                    part.plan.evaluations.map(\.timestep), guidance: request.guidance, added: added, on: unet),
            weights: prompts.weights, guidance: request.guidance, added: added,
            controls: try controls.map { use, picture in
                try StepControl(
                    use, seen: picture, plan: part.plan, text: text, hasNegative: prompts.hasNegative, added: added,
                    trainTimesteps: part.sampler.trainTimesteps, on: backends.control)
            })
    }
}
