public import DaguerreTensors

/// What separates two tensors, and whether a tolerance allows it.
public struct Difference: CustomStringConvertible {
    /// Whether the shapes agree and the tolerance holds; a NaN on one side never does.
    public let isWithinTolerance: Bool
    /// One line: the measured error, the limit, and the worst element with its index.
    public let description: String

    /// Compares `actual` with `expected`.
    public init(_ actual: HostTensor, _ expected: HostTensor, _ tolerance: Tolerance) {
        guard actual.shape == expected.shape else {
            isWithinTolerance = false
            description = "shape \(actual.shape), expected \(expected.shape)"
            return
        }
        let tally = Tally(actual.floats, expected.floats, tolerance)
        isWithinTolerance = tally.holds
        description = tally.text(shape: expected.shape)
    }
}

/// Sums over all pairs of elements, and the worst pair.
private struct Tally {
    let tolerance: Tolerance
    private var squaredError = 0.0, squaredNorm = 0.0
    private var failureCount = 0
    private let count: Int
    private var worst = (index: 0, actual: Float(0), expected: Float(0), excess: -Double.infinity)

    init(_ actual: [Float], _ expected: [Float], _ tolerance: Tolerance) {
        self.tolerance = tolerance
        count = expected.count
        for (i, (a, e)) in zip(actual, expected).enumerated() {
            let same = a == e || (a.isNaN && e.isNaN)
            let error = same ? 0 : abs(Double(a) - Double(e))
            let excess = error.isNaN ? .infinity : error - allowance(Double(e))
            if excess > 0 { failureCount += 1 }
            if excess > worst.excess { worst = (i, a, e, excess) }
            squaredError += error * error
            squaredNorm += e.isFinite ? Double(e) * Double(e) : 0
        }
    }

    /// What the tolerance allows for one element; nothing where it judges the whole tensor.
    private func allowance(_ expected: Double) -> Double {
        switch tolerance {
        case .relativeL2: 0
        case .elementwise(let absolute, let relative): absolute + relative * (expected.isFinite ? abs(expected) : 0)
        case .within(let absolute, _): absolute
        }
    }

    /// A NaN in the sums compares false, so it fails.
    var holds: Bool {
        switch tolerance {
        case .relativeL2(let limit): squaredError.squareRoot() <= limit * squaredNorm.squareRoot()
        case .elementwise: failureCount == 0
        case .within(_, let share): Double(count - failureCount) >= share * Double(count)
        }
    }

    func text(shape: Shape) -> String {
        guard count > 0 else { return "no elements" }
        let relative = squaredNorm > 0 ? (squaredError / squaredNorm).squareRoot() : squaredError.squareRoot()
        let measured =
            switch tolerance {
            case .relativeL2(let limit): "relative L2 error \(relative), limit \(limit)"
            case .elementwise(let absolute, let part):
                "\(failureCount) of \(count) elements beyond \(absolute) + \(part)·|expected|, relative L2 \(relative)"
            case .within(let absolute, let share):
                "\(failureCount) of \(count) elements beyond \(absolute), allowed \(1 - share) of them"
            }
        return measured + "; worst at \(position(shape)): \(worst.actual), expected \(worst.expected)"
    }

    private func position(_ shape: Shape) -> [Int] {
        var rest = worst.index
        return shape.extents.reversed().map { extent in
            defer { rest /= max(extent, 1) }
            return rest % max(extent, 1)
        }.reversed()
    }
}
