public import DaguerreTensors
import Glibc

extension ReferenceBackend {
    /// Each output is the mean of `v`, weighted by the softmax of q·kᵀ/√d over the keys in sight.
    public func attention(q: Tensor, k: Tensor, v: Tensor, heads: Int, causal: Bool) throws -> Tensor {
        let width = q.shape.channels
        let (batch, queries, keys) = (q.shape[0], q.shape[1], k.shape[1])
        precondition(q.shape.rank == 3 && width % heads == 0, "q is [N, T, heads·d]")
        precondition(k.shape == v.shape && k.shape.channels == width, "k and v are [N, S, heads·d]")
        precondition(k.shape[0] == batch || k.shape[0] == 1, "k and v have q's batch, or 1")
        let (query, key, value) = (try values(q, "attention"), try values(k, "attention"), try values(v, "attention"))
        let d = width / heads
        let scale = 1 / Double(d).squareRoot()
        return try tensor(q.shape) { out in
            var sums = Sums(count: d)
            for (n, t, head) in product(batch, queries, heads) {
                let row = (n * queries + t) * width + head * d
                let firstKey = (k.shape[0] == 1 ? 0 : n) * keys * width + head * d
                let visible = causal ? min(t + 1, keys) : keys
                let scores = (0..<visible).map { scale * dot(query, row, key, firstKey + $0 * width, count: d) }
                let highest = scores.max() ?? 0
                let weights = scores.map { exp($0 - highest) }
                let total = weights.reduce(0, +)
                sums.startAtZero()
                for (s, weight) in weights.enumerated() {
                    sums.add(weight / total, times: value, from: firstKey + s * width)
                }
                for i in 0..<d { out[row + i] = Float(sums.values[i]) }
            }
        }
    }

    /// `Σ a[start + i] · b[other + i]` over `count` elements.
    private func dot(_ a: [Float], _ start: Int, _ b: [Float], _ other: Int, count: Int) -> Double {
        precondition(start + count <= a.count && other + count <= b.count, "both rows lie inside their tensors")
        return a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                var sum = 0.0
                for i in 0..<count { sum += Double(a[start + i]) * Double(b[other + i]) }
                return sum
            }
        }
    }

    /// Every triple below the three bounds, the last index fastest.
    private func product(_ a: Int, _ b: Int, _ c: Int) -> some Sequence<(Int, Int, Int)> {
        (0..<a * b * c).lazy.map { ($0 / (b * c), $0 / c % b, $0 % c) }
    }
}
