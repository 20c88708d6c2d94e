import DaguerreTensors
import Testing

/// A convolution's sizes.
struct ConvolutionCase: Sendable, CustomTestStringConvertible {
    let x: Shape
    let outputs, kernel: Int
    var stride = 1
    var padding = Padding(1)

    var testDescription: String { "\(x) → \(outputs), kernel \(kernel), stride \(stride)" }

    static let all = [
        ConvolutionCase(x: [1, 1, 1, 1], outputs: 1, kernel: 1, padding: Padding(0)),
        ConvolutionCase(x: [1, 1, 1, 7], outputs: 83, kernel: 3),
        ConvolutionCase(x: [2, 7, 5, 83], outputs: 7, kernel: 3),
        ConvolutionCase(x: [1, 83, 1, 3], outputs: 5, kernel: 3),
        ConvolutionCase(x: [3, 7, 7, 83], outputs: 83, kernel: 1, padding: Padding(0)),
        ConvolutionCase(x: [2, 9, 7, 4], outputs: 320, kernel: 3),
        ConvolutionCase(x: [1, 7, 9, 320], outputs: 4, kernel: 3),
        ConvolutionCase(x: [1, 8, 8, 64], outputs: 64, kernel: 3),
        ConvolutionCase(x: [1, 4, 4, 1280], outputs: 32, kernel: 3),
        ConvolutionCase(x: [2, 7, 5, 10], outputs: 7, kernel: 3, stride: 2),
        ConvolutionCase(x: [1, 8, 6, 32], outputs: 32, kernel: 3, stride: 2),
        ConvolutionCase(
            x: [1, 7, 6, 33], outputs: 17, kernel: 3, stride: 2, padding: Padding(top: 0, left: 0, bottom: 1, right: 1)),
        ConvolutionCase(x: [1, 9, 9, 3], outputs: 8, kernel: 5, stride: 4, padding: Padding(2)),
        ConvolutionCase(x: [2, 28, 14, 3], outputs: 83, kernel: 14, stride: 14, padding: Padding(0)),
    ]
}

@Suite struct ConvolutionParityTests {
    @Test(arguments: Subject.all, ConvolutionCase.all)
    func convolutionEqualsReference(subject: Subject, sizes: ConvolutionCase) throws {
        for hasBias in [true, false] {
            try expectParity(subject) { backend, draw in
                let weight = try sizes.prepare(on: backend, &draw, hasBias: hasBias)
                return try backend.convolution(draw.tensor(sizes.x, on: backend), weight)
            }
        }
    }

    @Test(arguments: Subject.all, Activation.allCases)
    func everyAddendComesBeforeTheActivation(subject: Subject, activation: Activation) throws {
        for sizes in [ConvolutionCase.all[2], ConvolutionCase.all[7], ConvolutionCase.all[4]] {
            for (shiftRows, hasResidual) in [(0, true), (1, false), (1, true), (sizes.x[0], true)] {
                try expectParity(subject, "shift of \(shiftRows) rows, residual: \(hasResidual)") { backend, draw in
                    let weight = try sizes.prepare(on: backend, &draw, hasBias: true)
                    let shift = try backend.upload(draw([max(shiftRows, 1), sizes.outputs]), as: .float32)
                    let residual = try draw.tensor(weight.outputShape(sizes.x), on: backend)
                    return try backend.convolution(
                        draw.tensor(sizes.x, on: backend), weight, shift: shiftRows > 0 ? shift : nil,
                        residual: hasResidual ? residual : nil, activation: activation)
                }
            }
        }
    }

    @Test(arguments: Subject.all)
    func aSliceConvolvesAsATensorOfItsOwn(subject: Subject) throws {
        let sizes = ConvolutionCase(x: [3, 7, 5, 7], outputs: 7, kernel: 3)
        try expectParity(subject) { backend, draw in
            let weight = try sizes.prepare(on: backend, &draw, hasBias: true)
            let x = try draw.tensor(sizes.x, on: backend)
            let residual = try draw.tensor([3, 7, 5, 7], on: backend)
            let shift = try backend.upload(draw([3, 7]), as: .float32)
            return try backend.convolution(
                x.slice(1..<3), weight, shift: shift.slice(1..<3), residual: residual.slice(1..<3),
                activation: .identity)
        }
    }

    @Test(
        arguments: Subject.all,
        [([1, 1, 1, 1], 1, 2, 2), ([2, 7, 5, 83], 7, 14, 10), ([1, 4, 7, 32], 33, 8, 14)] as [(Shape, Int, Int, Int)])
    func aDoublingAndItsConvolutionEqualReference(subject: Subject, sizes: (Shape, Int, Int, Int)) throws {
        try expectUpsampleParity(subject, sizes)
    }

    @Test(
        arguments: Subject.all,
        [([2, 4, 3, 83], 7, 7, 5), ([1, 7, 5, 7], 83, 13, 10), ([1, 3, 3, 8], 8, 3, 3)] as [(Shape, Int, Int, Int)])
    func anyEnlargementAndItsConvolutionEqualReference(subject: Subject, sizes: (Shape, Int, Int, Int)) throws {
        try expectUpsampleParity(subject, sizes)
    }

    private func expectUpsampleParity(_ subject: Subject, _ sizes: (Shape, Int, Int, Int)) throws {
        let (shape, outputs, height, width) = sizes
        for hasBias in [true, false] {
            try expectParity(subject, "bias: \(hasBias)") { backend, draw in
                let weight = draw.weight([outputs, shape.channels, 3, 3])
                let bias = draw([outputs])
                let prepared = try backend.prepareUpsampleConvolution(
                    "up", weight: weight, bias: hasBias ? bias : nil)
                return try backend.upsampleConvolution(
                    draw.tensor(shape, on: backend), prepared, height: height, width: width)
            }
        }
    }
}

extension ConvolutionCase {
    func prepare(on backend: any Backend, _ draw: inout Draw, hasBias: Bool) throws -> ConvolutionWeight {
        let weight = draw.weight([outputs, x.channels, kernel, kernel])
        let bias = draw([outputs])
        return try backend.prepareConvolution(
            "convolution", weight: weight, bias: hasBias ? bias : nil, stride: stride, padding: padding)
    }
}
