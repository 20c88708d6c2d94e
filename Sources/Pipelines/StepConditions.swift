import DaguerreModels

/// What the denoiser sees of the prompts from one step on, until the next conditions begin.
struct StepConditions: Sendable {
    /// From this step on, counted from the first of the run.
    let firstStep: Int
    /// Those of each prompt; with guidance, the negative prompts' before them in the batch.
    let text: TextStates
    /// Those of each of the run's evaluations, also of those where these conditions do not hold.
    let time: TimeStates
    /// How much each of the prompts counts that `AND` joins: mostly one prompt, of weight 1.
    let weights: [Double]
    /// What time states are made of beside the timestep, for evaluations that become known only as a run goes on.
    var guidance: Double?
    var added: AddedConditions?
}
