import DaguerreLayers
public import DaguerreTensors

/// What ControlNets and T2I-Adapters add inside a UNet at one step.
///
/// Each place may have several addends; they are joined with `+` and added in one pass over memory.
///
/// Source: diffusers 0.42.1 `UNet2DConditionModel.forward`: `down_block_additional_residuals`,
/// `mid_block_additional_residual` and `down_intrablock_additional_residuals`.
public struct ControlResiduals: Sendable {
    /// Which prompts of a batch hear of a control.
    public enum Prompts: Equatable, Sendable {
        case all
        /// With guidance, all but the negative prompts, which come first: as many as there are samples.
        case conditional
    }

    /// One addend: a tensor times a factor.
    struct Term: Sendable {
        let factor: Double
        /// `[R, H, W, C]`, or `[R, 1, 1, C]` to be added to every pixel; R divides the number of its prompts.
        let tensor: Tensor
        let prompts: Prompts
    }

    private var skips: [[Term]]
    private var middle: [Term]
    /// For each level on the way down, then for the middle.
    private var features: ArraySlice<[Term]>

    /// What a ControlNet adds: `skips` in the order of the way down, the first convolution's before all.
    init(skips: [Term], middle: Term) {
        self.skips = skips.map { [$0] }
        self.middle = [middle]
        features = []
    }

    /// What a T2I-Adapter adds: `features [1 or N, H, W, C]` of the levels on the way down, times `factor`.
    public init(features: [Tensor], factor: Double) {
        skips = []
        middle = []
        self.features = features.map { [Term(factor: factor, tensor: $0, prompts: .all)] }[...]
    }

    /// Both of two controls.
    public static func + (a: ControlResiduals, b: ControlResiduals) -> ControlResiduals {
        func joined(_ a: some Collection<[Term]>, _ b: some Collection<[Term]>) -> [[Term]] {
            let shared = zip(a, b).map { $0 + $1 }
            return shared + a.dropFirst(shared.count) + b.dropFirst(shared.count)
        }
        var sum = a
        sum.skips = joined(a.skips, b.skips)
        sum.middle += b.middle
        sum.features = joined(a.features, b.features)[...]
        return sum
    }

    /// The first addend of each place, times its factor, for tests.
    package func scaled(on backend: some Backend) throws -> (skips: [Tensor], middle: Tensor) {
        func scaled(_ terms: [Term]) throws -> Tensor {
            try backend.weightedSum(terms.prefix(1).map { ($0.factor, $0.tensor) })
        }
        return (try skips.map(scaled), try scaled(middle))
    }

    mutating func nextFeatures() -> [Term] { features.popFirst() ?? [] }

    mutating func nextMiddle() -> [Term] { middle + (features.popFirst() ?? []) }

    mutating func lastSkip() -> [Term] { skips.popLast() ?? [] }

    /// `x`, of N samples or M prompts, plus `terms`.
    ///
    /// Samples stay shared where every term is; terms of the conditional prompts leave the first N rows as they are.
    static func add(
        _ terms: [Term], to x: Tensor, samples: Int, prompts: Int, on backend: some Backend
    ) throws -> Tensor {
        var x = x
        // Without negative prompts there is nobody to be left alone.
        func isConditional(_ term: Term) -> Bool {
            term.prompts == .conditional && prompts > samples && (prompts - samples) % term.tensor.shape[0] == 0
        }
        let common = terms.filter { !isConditional($0) }
        let conditional = terms.filter(isConditional)
        if let rows = common.map(\.tensor.shape[0]).max() {
            x = try sum(backend.shared(x, by: max(rows, x.shape[0])), common, on: backend)
        }
        guard !conditional.isEmpty else { return x }
        x = try backend.shared(x, by: prompts)
        return try backend.concatenateBatch([
            x.slice(0..<samples), sum(x.slice(samples..<prompts), conditional, on: backend),
        ])
    }

    private static func sum(_ x: Tensor, _ terms: [Term], on backend: some Backend) throws -> Tensor {
        try backend.weightedSum(
            [(1, x)]
                + terms.map { term in
                    let spread = try backend.spread(term.tensor, over: x)
                    guard spread.shape.extents.dropFirst() == x.shape.extents.dropFirst() else {
                        throw ModelError.invalid(
                            file: "a control", field: "what it adds", found: "\(spread.shape)",
                            expected: "\(x.shape): a picture of the drawing's size, and a network for its model")
                    }
                    return (term.factor, try backend.shared(spread, by: x.shape[0]))
                })
    }
}

extension Backend {
    /// The mean over the pixels of `x [N, H, W, C]` → `[N, 1, 1, C]`.
    ///
    /// It is an attention whose query is zero, and which therefore weighs all pixels alike.
    func pixelMean(_ x: Tensor) throws -> Tensor {
        let pixels = x.reshaped([x.shape[0], x.shape[1] * x.shape[2], x.shape.channels])
        let query = try upload(
            HostTensor(
                Array(repeating: 0, count: x.shape[0] * x.shape.channels), shape: [x.shape[0], 1, x.shape.channels]),
            as: activationType)
        return try attention(q: query, k: pixels, v: pixels, heads: 1, causal: false)
            .reshaped([x.shape[0], 1, 1, x.shape.channels])
    }

    /// `x` itself, or `x [R, 1, 1, C]` for every pixel of an image of `other`'s size.
    ///
    /// It is an attention to one key, whose value every query takes.
    fileprivate func spread(_ x: Tensor, over other: Tensor) throws -> Tensor {
        let (height, width, channels) = (other.shape[1], other.shape[2], other.shape.channels)
        guard x.shape[1] == 1, x.shape[2] == 1, height > 1 || width > 1 else { return x }
        let rows = x.shape[0]
        let zeros = try weightedSum([(0, other.slice(0..<1))]).reshaped([1, height * width, channels])
        let value = x.reshaped([rows, 1, channels])
        return try attention(q: shared(zeros, by: rows), k: value, v: value, heads: 1, causal: false)
            .reshaped([rows, height, width, channels])
    }
}
