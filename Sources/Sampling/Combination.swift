import DaguerreTensors

/// A sum of tensors, each times a factor, that is computed only when asked for.
///
/// Samplers are written as the equations of their papers; however long an equation is, memory is passed over once.
struct Combination: Sendable {
    private var terms: [(factor: Double, tensor: Tensor)]

    init(_ tensor: Tensor) {
        terms = [(1, tensor)]
    }

    static func + (left: Combination, right: Combination) -> Combination {
        var sum = left
        for (factor, tensor) in right.terms {
            if let index = sum.terms.firstIndex(where: { $0.tensor.isSame(as: tensor) }) {
                sum.terms[index].factor += factor
            } else {
                sum.terms.append((factor, tensor))
            }
        }
        return sum
    }

    static func - (left: Combination, right: Combination) -> Combination { left + -1 * right }

    static func * (factor: Double, combination: Combination) -> Combination {
        var scaled = combination
        for index in scaled.terms.indices { scaled.terms[index].factor *= factor }
        return scaled
    }

    /// Computes the sum, in float32.
    func tensor(on backend: some Backend) throws -> Tensor {
        // A term times zero would do nothing but spread its infinities.
        var kept = terms.filter { $0.factor != 0 }
        if kept.isEmpty { kept = Array(terms.prefix(1)) }
        if kept[0].tensor.elementType != .float32 {
            kept[0].tensor = try backend.convert(kept[0].tensor, to: .float32)
        }
        if kept.count == 1, kept[0].factor == 1 { return kept[0].tensor }
        return try backend.weightedSum(kept)
    }
}

extension Tensor {
    fileprivate func isSame(as other: Tensor) -> Bool {
        storage === other.storage && offset == other.offset && shape == other.shape
    }
}
