import DaguerreTensors
import Testing

@Suite struct NormalizationParityTests {
    /// Shapes and groups: channels per group 1, 3, 7, 10, 20, 40 and 83.
    static let groupNormSizes: [(Shape, Int)] = [
        ([1, 1, 1, 7], 1), ([2, 7, 5, 32], 32), ([1, 83, 1, 96], 32), ([1, 7, 7, 21], 3), ([2, 9, 7, 320], 32),
        ([1, 5, 3, 640], 32), ([1, 3, 3, 1280], 32), ([3, 1, 7, 83], 1), ([1, 33, 31, 128], 32),
    ]

    @Test(arguments: Subject.all, groupNormSizes)
    func groupNormEqualsReference(subject: Subject, sizes: (shape: Shape, groups: Int)) throws {
        for activation in [Activation.identity, .silu] {
            try expectParity(subject, "\(activation)") { backend, draw in
                let weight = try backend.prepareNorm(
                    "norm", scale: draw([sizes.shape.channels], mean: 1, deviation: 0.2),
                    shift: draw([sizes.shape.channels]))
                return try backend.groupNorm(
                    draw.tensor(sizes.shape, mean: 0.5, deviation: 2, on: backend), weight, groups: sizes.groups,
                    epsilon: 1e-5, activation: activation)
            }
        }
    }

    /// The difference of a mean of squares and a squared mean would lose every digit here.
    @Test(arguments: Subject.all)
    func aMeanFarAboveTheDeviationKeepsItsDigits(subject: Subject) throws {
        try expectParity(subject) { backend, draw in
            let weight = try backend.prepareNorm("norm", scale: draw([16], mean: 1, deviation: 0.2), shift: draw([16]))
            let values: [Float] = (0..<7 * 9 * 16).map { i in i * 37 % 11 % 2 == 0 ? 128 : 129 }
            let x = try backend.upload(HostTensor(values, shape: [1, 7, 9, 16]), as: backend.activationType)
            return try backend.groupNorm(x, weight, groups: 4, epsilon: 1e-6, activation: .identity)
        }
    }

    @Test(arguments: Subject.all, [(1, 1), (1, 7), (7, 83), (83, 320), (7, 768), (3, 1280), (2, 2048)])
    func layerNormEqualsReference(subject: Subject, sizes: (rows: Int, channels: Int)) throws {
        try expectParity(subject) { backend, draw in
            let weight = try backend.prepareNorm(
                "norm", scale: draw([sizes.channels], mean: 1, deviation: 0.2), shift: draw([sizes.channels]))
            return try backend.layerNorm(
                draw.tensor([1, sizes.rows, sizes.channels], mean: -1, deviation: 2, on: backend), weight,
                epsilon: 1e-5)
        }
    }

    @Test(arguments: Subject.all)
    func slicesNormaliseAsTensorsOfTheirOwn(subject: Subject) throws {
        try expectParity(subject) { backend, draw in
            let weight = try backend.prepareNorm("norm", scale: draw([7]), shift: draw([7]))
            let x = try draw.tensor([3, 5, 1, 7], on: backend)
            let h = try backend.groupNorm(x.slice(1..<3), weight, groups: 7, epsilon: 1e-5, activation: .silu)
            return try backend.layerNorm(h.slice(1..<2), weight, epsilon: 1e-5)
        }
    }
}
