import DaguerreTensors
import TestSupport
import Testing

@Suite struct ThreadTests {
    /// Bits, not tolerances: work is cut by shapes alone.
    @Test(arguments: Subject.all, [2, 3])
    func theResultDoesNotDependOnTheThreadCount(subject: Subject, threads: Int) throws {
        let (alone, together) = (try subject.backend(threads: 1), try subject.backend(threads: threads))
        let (expected, actual) = (try results(on: alone), try results(on: together))
        for (name, tensor) in expected {
            let other = try #require(actual[name])
            #expect(tensor.floats.map(\.bitPattern) == other.floats.map(\.bitPattern), "\(name)")
        }
    }

    private func results(on backend: any Backend) throws -> [String: HostTensor] {
        var draw = Draw(rounding: backend.activationType)
        let x = try draw.tensor([2, 13, 11, 64], on: backend)
        let tokens = x.reshaped([2, 143, 64])
        let convolution = try backend.prepareConvolution(
            "c", weight: draw.weight([96, 64, 3, 3]), bias: draw([96]), stride: 1, padding: Padding(1))
        let upsample = try backend.prepareUpsampleConvolution(
            "u", weight: draw.weight([48, 64, 3, 3]), bias: draw([48]))
        let linear = try backend.prepareLinear("l", weight: draw.weight([83, 64]), bias: draw([83]))
        let norm = try backend.prepareNorm("n", scale: draw([64]), shift: draw([64]))
        let outputs = [
            "convolution": try backend.convolution(x, convolution),
            "doubling": try backend.upsampleConvolution(x, upsample, height: 26, width: 22),
            "enlargement": try backend.upsampleConvolution(x, upsample, height: 25, width: 22),
            "linear": try backend.linear(tokens, linear),
            "geglu": try backend.geglu(tokens, value: linear, gate: linear),
            "gatedProduct": try backend.gatedProduct(x, gate: x),
            "attention": try backend.attention(q: tokens, k: tokens, v: tokens, heads: 4, causal: false),
            "groupNorm": try backend.groupNorm(x, norm, groups: 16, epsilon: 1e-5, activation: .silu),
            "layerNorm": try backend.layerNorm(tokens, norm, epsilon: 1e-5),
            "periodicWindow": try backend.periodicWindow(x, rows: -60..<71, columns: -70..<80),
            "weightedSum": try backend.weightedSum([(0.3, x), (0.7, x)]),
        ]
        return try outputs.mapValues { try backend.download($0) }
    }
}
