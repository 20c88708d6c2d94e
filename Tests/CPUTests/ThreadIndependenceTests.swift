import DaguerreCPU
import DaguerreTensors
import Testing

/// The same bits come out whatever the number of threads, more than there are cores among them.
@Suite(.serialized) struct ThreadIndependenceTests {
    static let threadCounts = [1, 2, 3, 16]

    /// Runs `body` with every number of threads and expects equal bits.
    private func expectEqualBits(
        _ precision: Precision, _ comment: Comment, usesVendorLibrary: Bool = true,
        at location: SourceLocation = #_sourceLocation, _ body: (CPUBackend) throws -> Tensor
    ) throws {
        var expected: [UInt32] = []
        for threads in Self.threadCounts {
            let backend = try CPUBackend(
                precision: precision, threads: threads, useVendorLibrary: usesVendorLibrary)
            let bits = try backend.download(body(backend)).floats.map(\.bitPattern)
            if expected.isEmpty { expected = bits }
            let difference = zip(bits, expected).enumerated().first { $0.element.0 != $0.element.1 }
            #expect(
                difference == nil, "\(comment): element \(difference?.offset ?? 0) with \(threads) threads",
                sourceLocation: location)
        }
    }

    @Test(arguments: [Precision.float32, .bfloat16])
    func productsOfMatrices(precision: Precision) throws {
        for (inputs, outputs) in [(320, 1280), (1280, 320), (768, 768), (83, 7), (7, 83), (3072, 768)] {
            var randoms = Randoms(seed: 1)
            let weight = randoms.tensor([outputs, inputs], scale: 0.05)
            let bias = randoms.tensor([outputs])
            for rows in [1, 2, 7, 77, 154, 512] {
                let x = randoms.tensor([rows, inputs])
                try expectEqualBits(precision, "\(rows) rows, \(inputs) to \(outputs)") { backend in
                    let packed = try backend.prepareLinear("w", weight: weight, bias: bias)
                    return try backend.linear(backend.upload(x, as: backend.activationType), packed, activation: .gelu)
                }
            }
        }
    }

    @Test(arguments: [Precision.float32, .bfloat16])
    func convolutions(precision: Precision) throws {
        for (inputs, outputs) in [(960, 320), (640, 320), (320, 320), (512, 256), (4, 320), (320, 4), (48, 96)] {
            var randoms = Randoms(seed: 2)
            let weight = randoms.tensor([outputs, inputs, 3, 3], scale: 0.02)
            for (batch, side, stride) in [(1, 1, 1), (1, 5, 1), (1, 8, 1), (2, 8, 1), (1, 16, 2), (2, 12, 1)] {
                let x = randoms.tensor([batch, side, side, inputs])
                try expectEqualBits(precision, "\(batch)×\(side)², \(inputs) to \(outputs), stride \(stride)") {
                    let packed = try $0.prepareConvolution(
                        "w", weight: weight, bias: nil, stride: stride, padding: Padding(1))
                    return try $0.convolution($0.upload(x, as: $0.activationType), packed)
                }
            }
        }
    }

    @Test(arguments: [Precision.float32, .bfloat16])
    func convolutionsOfEnlargements(precision: Precision) throws {
        var randoms = Randoms(seed: 3)
        let weight = randoms.tensor([64, 32, 3, 3], scale: 0.1)
        let x = randoms.tensor([1, 6, 5, 32])
        for (height, width) in [(12, 10), (11, 9)] {
            try expectEqualBits(precision, "to \(height)×\(width)") {
                let packed = try $0.prepareUpsampleConvolution("w", weight: weight, bias: nil)
                return try $0.upsampleConvolution(
                    $0.upload(x, as: $0.activationType), packed, height: height, width: width)
            }
        }
    }

    @Test(arguments: [Precision.float32, .bfloat16])
    func attentionAndNorms(precision: Precision) throws {
        var randoms = Randoms(seed: 4)
        let x = randoms.tensor([2, 261, 160])
        let scale = randoms.tensor([160])
        for usesVendorLibrary in [true, false] {
            try expectEqualBits(precision, "attention", usesVendorLibrary: usesVendorLibrary) {
                let q = try $0.upload(x, as: $0.activationType)
                return try $0.attention(q: q, k: q, v: q, heads: 4, causal: false)
            }
            try expectEqualBits(precision, "group norm", usesVendorLibrary: usesVendorLibrary) {
                let norm = try $0.prepareNorm("n", scale: scale, shift: scale)
                return try $0.groupNorm(
                    $0.upload(x, as: $0.activationType).reshaped([2, 9, 29, 160]), norm, groups: 32, epsilon: 1e-5,
                    activation: .silu)
            }
            try expectEqualBits(precision, "layer norm", usesVendorLibrary: usesVendorLibrary) {
                let norm = try $0.prepareNorm("n", scale: scale, shift: scale)
                return try $0.layerNorm($0.upload(x, as: $0.activationType), norm, epsilon: 1e-5)
            }
        }
    }
}
