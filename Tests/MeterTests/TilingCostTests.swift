import DaguerreMeter
import DaguerreTensors
import Testing

/// What tiling costs in arithmetic, which a meter knows exactly.
@Suite struct TilingCostTests {
    @Test func aConvolutionComputesOneBorderMore() throws {
        #expect(try ratio { try convolve(32, stride: 1, on: $0) } == 34.0 * 34 / (32 * 32))
        #expect(try ratio { try convolve(32, stride: 2, on: $0) } == 17.0 * 17 / (16 * 16))
    }

    @Test func aPointwiseConvolutionCostsNothingMore() throws {
        #expect(try ratio { try convolve(32, kernel: 1, stride: 1, on: $0) } == 1)
    }

    @Test func aDoublingComputesOneBorderMore() throws {
        #expect(try ratio { try upsample(32, to: 64, on: $0) } == 34.0 * 34 / (32 * 32))
    }

    /// Sizes that no doubling reaches: twice as many rows and columns at most.
    @Test(arguments: [(33, 65), (38, 75), (10, 19)])
    func anotherEnlargementComputesTwoCopiesAlongEachAxis(from small: Int, to large: Int) throws {
        #expect(try ratio { try upsample(small, to: large, on: $0) } == 4)
    }

    /// Floating-point operations with tiling over those without.
    private func ratio(_ run: (any Backend) throws -> Void) throws -> Double {
        let (plain, tiled) = (MeterBackend(precision: .float32), MeterBackend(precision: .float32))
        try run(plain)
        try run(TilingBackend(tiled, axes: .both))
        return Double(tiled.report.flops.total) / Double(plain.report.flops.total)
    }

    private func convolve(_ side: Int, kernel: Int = 3, stride: Int, on backend: any Backend) throws {
        let weight = try backend.prepareConvolution(
            "c", weight: zeros([5, 3, kernel, kernel]), bias: nil, stride: stride, padding: Padding(kernel / 2))
        _ = try backend.convolution(backend.upload(zeros([2, side, side, 3]), as: .float32), weight)
    }

    private func upsample(_ small: Int, to large: Int, on backend: any Backend) throws {
        let weight = try backend.prepareUpsampleConvolution("u", weight: zeros([5, 3, 3, 3]), bias: nil)
        _ = try backend.upsampleConvolution(
            backend.upload(zeros([2, small, small, 3]), as: .float32), weight, height: large, width: large)
    }

    private func zeros(_ shape: Shape) -> HostTensor {
        HostTensor([Float](repeating: 0, count: shape.elementCount), shape: shape)
    }
}
