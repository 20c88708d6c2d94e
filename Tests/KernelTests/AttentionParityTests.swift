import DaguerreTensors
import Testing

/// Sizes of an attention; `d` is the width of a head.
struct AttentionCase: Sendable, CustomTestStringConvertible {
    let batch, queries, keys, heads, d: Int
    var causal = false

    var testDescription: String {
        "\(batch)×\(queries)×\(keys), \(heads) heads of \(d)\(causal ? ", causal" : "")"
    }

    /// Head sizes of Stable Diffusion 1 (40, 80, 160), 2 and XL (64), the autoencoder (512), and odd ones.
    static let all =
        [1, 7, 40, 64, 80, 83, 160, 512].flatMap { d in
            [(1, 1), (7, 83), (83, 7), (83, 77), (130, 261)].map { queries, keys in
                AttentionCase(batch: 1, queries: queries, keys: keys, heads: d < 100 ? 3 : 1, d: d)
            }
        }
        + [1, 7, 77, 83, 200].map { AttentionCase(batch: 2, queries: $0, keys: $0, heads: 2, d: 64, causal: true) }
}

@Suite struct AttentionParityTests {
    @Test(arguments: Subject.all, AttentionCase.all)
    func attentionEqualsReference(subject: Subject, sizes: AttentionCase) throws {
        try expectParity(subject) { backend, draw in
            let width = sizes.heads * sizes.d
            let q = try draw.tensor([sizes.batch, sizes.queries, width], on: backend)
            let k = try draw.tensor([sizes.batch, sizes.keys, width], on: backend)
            let v = try draw.tensor([sizes.batch, sizes.keys, width], mean: 1, on: backend)
            return try backend.attention(q: q, k: k, v: v, heads: sizes.heads, causal: sizes.causal)
        }
    }

    @Test(arguments: Subject.all)
    func oneSampleOfKeysServesEverySample(subject: Subject) throws {
        try expectParity(subject) { backend, draw in
            let q = try draw.tensor([3, 7, 2 * 40], on: backend)
            let context = try draw.tensor([1, 77, 2 * 40], mean: 1, on: backend)
            return try backend.attention(q: q, k: context, v: context, heads: 2, causal: false)
        }
    }

    /// Scores are ±1024 and a few eighths, exact in float32, and far beyond what exp takes; only their differences matter.
    @Test(arguments: Subject.all, [Float(1), -1])
    func hugeScoresNeitherOverflowNorVanish(subject: Subject, factor: Float) throws {
        try expectParity(subject) { backend, draw in
            let q = HostTensor([Float](repeating: factor, count: 64), shape: [1, 1, 64])
            let k = HostTensor((0..<83 * 64).map { $0 % 64 < $0 / 64 % 7 ? 127 : 128 }, shape: [1, 83, 64])
            return try backend.attention(
                q: backend.upload(q, as: backend.activationType), k: backend.upload(k, as: backend.activationType),
                v: draw.tensor([1, 83, 64], mean: 1, on: backend), heads: 1, causal: false)
        }
    }

    @Test(arguments: Subject.all)
    func slicesOfOneBatchAttendAsTensorsOfTheirOwn(subject: Subject) throws {
        try expectParity(subject) { backend, draw in
            let x = try draw.tensor([3, 7, 21], mean: 0.5, on: backend)
            return try backend.attention(
                q: x.slice(2..<3), k: x.slice(1..<2), v: x.slice(1..<2), heads: 3, causal: true)
        }
    }
}
