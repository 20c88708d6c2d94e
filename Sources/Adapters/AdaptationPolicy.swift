/// Whether an adapted layer computes beside its base weight or with a merged copy of it.
///
/// A change that is no plain product of two thin matrices is merged under each policy.
public enum AdaptationPolicy: Hashable, Sendable {
    /// Products run beside the layer: nothing to wait for, some arithmetic more in each evaluation.
    case sidePath
    /// A copy of the weight is changed: some seconds for a large model, then evaluations cost what they cost without.
    case merged
    /// For each layer what is less over so many evaluations of it; no choice depends on what a request came after.
    case automatic(evaluations: Int)
}

/// What an adapted layer costs either way, in floating-point operations of a matrix product.
struct AdaptationCost {
    /// Channel vectors of one image in one evaluation: pixels or tokens, times prompts.
    let rows: Int
    /// The weight's extents.
    let outputs, inputs: Int
    /// The rank of each adapter's product.
    let ranks: [Int]

    /// Operations that take as long as moving one byte to or from memory: the ratio of the two on current processors.
    private static let operationsPerByte = 40.0
    /// Bytes that are moved to merge one element: base, product and sum in float32, back to the host, and packing.
    private static let mergeBytesPerElement = 60.0
    /// Bytes of output that are read and written again beside a layer.
    private static let sideBytesPerOutput = 8.0

    /// Two thin products, and another pass over the output, for each adapter in each evaluation.
    var sidePath: Double {
        ranks.reduce(0) { sum, rank in
            sum + 2 * Double(rows) * Double(rank) * Double(inputs + outputs)
                + Double(rows) * Double(outputs) * Self.sideBytesPerOutput * Self.operationsPerByte
        }
    }

    /// The products of the matrices and their way into a packed weight, once.
    var merging: Double {
        let elements = Double(outputs) * Double(inputs)
        return elements * (2 * Double(ranks.reduce(0, +)) + Self.mergeBytesPerElement * Self.operationsPerByte)
    }

    func prefersMerging(evaluations: Int) -> Bool { merging < sidePath * Double(max(evaluations, 0)) }
}
