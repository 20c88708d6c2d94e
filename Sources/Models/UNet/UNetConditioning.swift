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

    /// Those of one step of several samples, which have a row for each of their prompts: rows as ``UNet`` numbers prompts.
    package init(together samples: [TimeStates], on backend: some Backend) throws {
        let count = samples.map(\.shifts.count).min() ?? 0
        shifts = try (0..<count).map { block in try backend.joinedByPrompt(samples.map { $0.shifts[block] }) }
        rowsPerStep = samples.reduce(0) { $0 + $1.rowsPerStep }
    }

    /// What `layers` make of activated embeddings `[S·R, timeWidth]`.
    init(_ embedding: Tensor, rowsPerStep: Int, of layers: [UNetLayer], on backend: some Backend) throws {
        shifts = try layers.compactMap { try $0.residual.shifts(embedding, on: backend) }
        self.rowsPerStep = rowsPerStep
    }

    private init(shifts: [Tensor], rowsPerStep: Int) {
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
    private(set) var transformers: [[TransformerBlock.Text]]
    /// Prompts.
    let batch: Int

    /// Those of several samples, equally many prompts of each and equally long: rows as ``UNet`` numbers prompts.
    package init(together samples: [TextStates], on backend: some Backend) throws {
        let count = samples.map(\.transformers.count).min() ?? 0
        transformers = try (0..<count).map { index in
            let blocks = samples.map { $0.transformers[index] }
            return try (0..<(blocks.map(\.count).min() ?? 0)).map { block in
                try TransformerBlock.Text(together: blocks.map { $0[block] }, on: backend)
            }
        }
        batch = samples.reduce(0) { $0 + $1.batch }
    }

    /// What `layers` see of text states `[M, S, crossAttentionWidth]`.
    init(_ context: Tensor, of layers: [UNetLayer], on backend: some Backend) throws {
        transformers = try layers.compactMap { try $0.transformer?.text(context, on: backend) }
        batch = context.shape[0]
    }
}

extension TextStates {
    /// The same with pictures beside the prompts, heeded by `scale`; several may be added, each with its own.
    ///
    /// `images` have one row, or one for each prompt; `unet` is the shape of the model whose states these are. Where the
    /// scale is 0, nothing is computed for them.
    public func adding(
        _ images: ImagePromptStates, scale: ImagePromptScale, unet: UNetConfiguration
    ) -> TextStates {
        var states = self
        for (index, place) in unet.transformers.enumerated() {
            let factor = scale(place)
            guard factor != 0, transformers.indices.contains(index) else { continue }
            precondition(transformers[index].count == images.transformers[index].count, "of the same UNet")
            states.transformers[index] = zip(transformers[index], images.transformers[index]).map { text, seen in
                text.adding(ImageContext(seen, scale: factor))
            }
        }
        return states
    }
}

/// Hands out a forward pass's states in the order in which the layers were built.
///
/// Layers are visited in one fixed order, so a cursor replaces names.
struct Conditioning {
    private var shifts: ArraySlice<Tensor>
    private var transformers: ArraySlice<[TransformerBlock.Text]>
    private var control: ControlResiduals?
    private let samples, prompts: Int

    init(time: TimeStates, text: TextStates, control: ControlResiduals? = nil, samples: Int) {
        shifts = time.shifts[...]
        transformers = text.transformers[...]
        self.control = control
        self.samples = samples
        prompts = text.batch
    }

    mutating func nextShift() -> Tensor? { shifts.popFirst() }

    mutating func nextText() -> [TransformerBlock.Text] { transformers.popFirst() ?? [] }

    /// The output of the next level on the way down, with what T2I-Adapters add to it.
    mutating func adapted(_ x: Tensor, on backend: some Backend) throws -> Tensor {
        guard let terms = control?.nextFeatures() else { return x }
        return try add(terms, to: x, on: backend)
    }

    /// The middle's output, with what ControlNets add to it, and T2I-Adapters if they have a feature left.
    mutating func controlled(middle x: Tensor, on backend: some Backend) throws -> Tensor {
        guard let terms = control?.nextMiddle() else { return x }
        return try add(terms, to: x, on: backend)
    }

    /// The last skip that is left, with what ControlNets add to it.
    mutating func controlled(skip x: Tensor, on backend: some Backend) throws -> Tensor {
        guard let terms = control?.lastSkip() else { return x }
        return try add(terms, to: x, on: backend)
    }

    private func add(_ terms: [ControlResiduals.Term], to x: Tensor, on backend: some Backend) throws -> Tensor {
        try ControlResiduals.add(terms, to: x, samples: samples, prompts: prompts, on: backend)
    }
}
