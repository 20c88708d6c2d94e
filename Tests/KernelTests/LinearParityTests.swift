import DaguerreTensors
import Testing

@Suite struct LinearParityTests {
    static let sizes = [1, 7, 83].flatMap { rows in
        [(1, 1), (7, 83), (83, 7), (320, 40), (768, 33)].map { (rows, $0.0, $0.1) }
    }

    @Test(arguments: Subject.all, sizes)
    func linearEqualsReference(subject: Subject, sizes: (rows: Int, inputs: Int, outputs: Int)) throws {
        for hasBias in [true, false] {
            try expectParity(subject) { backend, draw in
                let bias = draw([sizes.outputs])
                let weight = try backend.prepareLinear(
                    "linear", weight: draw.weight([sizes.outputs, sizes.inputs]), bias: hasBias ? bias : nil)
                return try backend.linear(draw.tensor([1, sizes.rows, sizes.inputs], on: backend), weight)
            }
        }
    }

    @Test(arguments: Subject.all, Activation.allCases)
    func theResidualComesAfterTheActivation(subject: Subject, activation: Activation) throws {
        for (inputs, outputs) in [(7, 83), (64, 64)] {
            for hasResidual in [false, true] {
                try expectParity(subject, "residual: \(hasResidual)") { backend, draw in
                    let weight = try backend.prepareLinear(
                        "linear", weight: draw.weight([outputs, inputs]), bias: draw([outputs]))
                    let residual = try draw.tensor([2, 5, outputs], on: backend)
                    return try backend.linear(
                        draw.tensor([2, 5, inputs], on: backend), weight, residual: hasResidual ? residual : nil,
                        activation: activation)
                }
            }
        }
    }

    @Test(arguments: Subject.all)
    func aResultInFloat32IsNotRounded(subject: Subject) throws {
        for outputs in [7, 64] {
            try expectParity(subject) { backend, draw in
                let weight = try backend.prepareLinear(
                    "time_emb_proj", weight: draw.weight([outputs, 83, 1, 1]), bias: draw([outputs]))
                return try backend.linear(
                    draw.tensor([2, 83], on: backend), weight, residual: nil, activation: .silu, as: .float32)
            }
        }
    }

    @Test(arguments: Subject.all)
    func aSliceMultipliesAsATensorOfItsOwn(subject: Subject) throws {
        try expectParity(subject) { backend, draw in
            let weight = try backend.prepareLinear("linear", weight: draw.weight([7, 7]), bias: draw([7]))
            let x = try draw.tensor([3, 1, 7], on: backend)
            return try backend.linear(x.slice(1..<2), weight, residual: x.slice(2..<3), activation: .identity)
        }
    }

    @Test(arguments: Subject.all, [(1, 7, 83), (7, 83, 7), (83, 40, 160), (5, 64, 64)])
    func gegluEqualsReference(subject: Subject, sizes: (rows: Int, inputs: Int, outputs: Int)) throws {
        try expectParity(subject) { backend, draw in
            let value = try backend.prepareLinear(
                "value", weight: draw.weight([sizes.outputs, sizes.inputs]), bias: draw([sizes.outputs]))
            let gate = try backend.prepareLinear(
                "gate", weight: draw.weight([sizes.outputs, sizes.inputs]), bias: draw([sizes.outputs]))
            return try backend.geglu(
                draw.tensor([1, sizes.rows, sizes.inputs], on: backend), value: value, gate: gate)
        }
    }
}
