import DaguerreLayers
package import DaguerreTensors

/// What the residual blocks add for each timestep of a run, computed once for the whole schedule.
public struct TimeStates: Sendable {
    /// For each residual block, in the model's order: float32 `[S·R, C]`.
    let shifts: [Tensor]
    /// R: one for a whole batch, or one for each of its prompts.
    let rowsPerStep: Int

    /// The states of several prompts, each with its own, as rows of one batch.
    package init(joining states: [TimeStates], on backend: some Backend) throws {
        let count = states.map(\.shifts.count).min() ?? 0
        shifts = try (0..<count).map { block in try backend.concatenateBatch(states.map { $0.shifts[block] }) }
        rowsPerStep = states.reduce(0) { $0 + $1.rowsPerStep }
    }

    init(shifts: [Tensor], rowsPerStep: Int) {
        self.shifts = shifts
        self.rowsPerStep = rowsPerStep
    }

    /// S·R.
    var rowCount: Int { shifts.first?.shape[0] ?? 0 }

    /// The states of timestep number `index`.
    public func step(_ index: Int) -> TimeStates {
        let rows = index * rowsPerStep..<(index + 1) * rowsPerStep
        return TimeStates(shifts: shifts.map { $0.slice(rows) }, rowsPerStep: rowsPerStep)
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
