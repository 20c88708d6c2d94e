import DaguerreLayers
import DaguerreTensors

/// What the residual blocks add for each timestep of a run, computed once for the whole schedule.
public struct TimeStates: Sendable {
    /// For each residual block, in the model's order: float32 `[S, C]`.
    let shifts: [Tensor]

    /// The states of timesteps `range`: one row for a whole batch, or one for each of its samples.
    public func slice(_ range: Range<Int>) -> TimeStates {
        TimeStates(shifts: shifts.map { $0.slice(range) })
    }
}

/// Keys and values that the attentions see of a prompt, computed once for all steps.
public struct TextStates: Sendable {
    /// For each spatial transformer, in the model's order.
    let transformers: [[TransformerBlock.Text]]
    /// Prompts.
    let batch: Int
}

/// Hands out a forward pass's states in the order in which the layers were built.
///
/// Layers are visited in one fixed order, so a cursor replaces names.
struct Conditioning {
    private var shifts: ArraySlice<Tensor>
    private var transformers: ArraySlice<[TransformerBlock.Text]>

    init(time: TimeStates, text: TextStates) {
        shifts = time.shifts[...]
        transformers = text.transformers[...]
    }

    mutating func nextShift() -> Tensor? { shifts.popFirst() }

    mutating func nextText() -> [TransformerBlock.Text] { transformers.popFirst() ?? [] }
}
