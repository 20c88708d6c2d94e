import DaguerreTensors
import TestSupport
import Testing

@Suite struct TilingParityTests {
    static let axes: [TilingAxes] = [.both, .horizontal, .vertical]

    /// Those without padding are forwarded as they are.
    @Test(arguments: Subject.all, ConvolutionCase.all.filter { $0.padding != Padding(0) })
    func periodicConvolutionsEqualReference(subject: Subject, sizes: ConvolutionCase) throws {
        for axes in Self.axes {
            try expectParity(subject, "\(axes.rawValue)") { backend, draw in
                let weight = try sizes.prepare(on: backend, &draw, hasBias: true)
                let shift = try backend.upload(draw([sizes.x[0], sizes.outputs]), as: .float32)
                let residual = try draw.tensor(weight.outputShape(sizes.x), on: backend)
                return try TilingBackend(backend, axes: axes).convolution(
                    draw.tensor(sizes.x, on: backend), weight, shift: shift, residual: residual, activation: .silu)
            }
        }
    }

    @Test(arguments: Subject.all, EnlargementCase.all)
    func periodicEnlargementsEqualReference(subject: Subject, sizes: EnlargementCase) throws {
        for axes in Self.axes {
            try expectParity(subject, "\(axes.rawValue)") { backend, draw in
                try sizes.run(on: TilingBackend(backend, axes: axes), &draw, rows: 0, columns: 0)
            }
        }
    }

    /// Bits, not tolerances: no pixel is computed otherwise for lying at an edge.
    @Test(arguments: Subject.all, [(1, 1), (2, 3), (6, 4)])
    func anImageTurnedRoundGivesTheResultTurnedRound(subject: Subject, turn: (rows: Int, columns: Int)) throws {
        let plain = try subject.backend()
        for axes in Self.axes {
            let backend = TilingBackend(plain, axes: axes)
            let (rows, columns) = (
                axes.contains(.vertical) ? turn.rows : 0, axes.contains(.horizontal) ? turn.columns : 0
            )
            for stride in [1, 2] {
                let sizes = ConvolutionCase(x: [2, 8, 10, 32], outputs: 48, kernel: 3, stride: stride)
                func convolved(_ rows: Int, _ columns: Int) throws -> Tensor {
                    var draw = Draw(rounding: backend.activationType)
                    let weight = try sizes.prepare(on: backend, &draw, hasBias: true)
                    let x = try turned(draw.tensor(sizes.x, on: backend), rows, columns, on: backend)
                    return try backend.convolution(x, weight)
                }
                let expected = try turned(convolved(0, 0), rows, columns, on: backend)
                try expectClose(
                    convolved(stride * rows, stride * columns), backend.download(expected), .exact, on: backend)
            }
            let doubling = EnlargementCase(x: [2, 8, 10, 32], outputs: 16, height: 16, width: 20)
            var draw = Draw(rounding: backend.activationType)
            let expected = try turned(
                doubling.run(on: backend, &draw, rows: 0, columns: 0), 2 * rows, 2 * columns, on: backend)
            draw = Draw(rounding: backend.activationType)
            try expectClose(
                doubling.run(on: backend, &draw, rows: rows, columns: columns), backend.download(expected), .exact,
                on: backend)
        }
    }
}

/// An enlargement's sizes.
struct EnlargementCase: Sendable, CustomTestStringConvertible {
    let x: Shape
    let outputs, height, width: Int

    var testDescription: String { "\(x) → \(height)×\(width)×\(outputs)" }

    /// Doublings, a trebling, ratios with short and with long periods, none, and reductions.
    static let all = sizes.map { EnlargementCase(x: $0, outputs: $1, height: $2, width: $3) }

    private static let sizes: [(Shape, Int, Int, Int)] = [
        ([1, 1, 1, 1], 1, 2, 2), ([2, 7, 5, 83], 7, 14, 10), ([1, 7, 83, 3], 1, 21, 83), ([2, 4, 3, 83], 7, 7, 5),
        ([1, 7, 5, 7], 83, 13, 10), ([1, 4, 6, 8], 8, 6, 9), ([1, 3, 3, 8], 8, 3, 3), ([1, 6, 5, 8], 4, 3, 4),
        ([1, 1, 7, 4], 3, 1, 1), ([1, 1, 3, 4], 3, 5, 4),
    ]

    /// Enlarges an image that is turned round by `rows` and `columns` first.
    func run(on backend: some Backend, _ draw: inout Draw, rows: Int, columns: Int) throws -> Tensor {
        let weight = try backend.prepareUpsampleConvolution(
            "up", weight: draw.weight([outputs, x.channels, 3, 3]), bias: draw([outputs]))
        let image = try turned(draw.tensor(x, on: backend), rows, columns, on: backend)
        return try backend.upsampleConvolution(image, weight, height: height, width: width)
    }
}

/// `x` with its first `rows` and `columns` moved to the other edge.
private func turned(_ x: Tensor, _ rows: Int, _ columns: Int, on backend: some Backend) throws -> Tensor {
    try backend.periodicWindow(x, rows: rows..<x.shape[1] + rows, columns: columns..<x.shape[2] + columns)
}
