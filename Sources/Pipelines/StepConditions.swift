import DaguerreModels
import DaguerreTensors

/// What the denoiser sees of the prompts from one step on, until the next conditions begin.
struct StepConditions: Sendable {
    /// From this step on, counted from the first of the run.
    let firstStep: Int
    /// Those of each prompt; the negative prompt's, where there is one, before them in the batch.
    let text: TextStates
    /// The shape of the text encoders' states `[M, T, D]`: prompts and tokens.
    let textShape: Shape
    /// Those of each of the run's evaluations, also of those where these conditions do not hold.
    let time: TimeStates
    /// How much each of the prompts counts that `AND` joins: mostly one prompt, of weight 1.
    let weights: [Double]
    /// What time states are made of beside the timestep, for evaluations that become known only as a run goes on.
    let guidance: Double?
    let added: AddedConditions?
    /// The networks that read control pictures, told of the same prompts.
    let controls: [StepControl]

    /// The same from another step on.
    func beginning(at step: Int) -> StepConditions {
        StepConditions(
            firstStep: step, text: text, textShape: textShape, time: time, weights: weights, guidance: guidance,
            added: added,
            controls: controls)
    }
}
