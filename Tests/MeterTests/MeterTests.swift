import DaguerreMeter
import DaguerreTensors
import Testing

/// A tensor of the given shape without a byte, as a dry run has it.
func shapeOnly(_ shape: Shape) -> HostTensor {
    HostTensor(shape: shape, elementType: .float16, bytes: UnsafeRawBufferPointer(start: nil, count: 0), owner: nil)
}

@Suite struct FLOPTests {
    let meter = MeterBackend(precision: .float32)

    @Test func aConvolutionCountsTwoPerProduct() throws {
        let weight = try meter.prepareConvolution(
            "conv_in", weight: shapeOnly([320, 4, 3, 3]), bias: shapeOnly([320]), stride: 1, padding: Padding(1))
        let x = try meter.upload(shapeOnly([2, 64, 64, 4]), as: .float32)
        let out = try meter.convolution(x, weight)
        #expect(out.shape == [2, 64, 64, 320])
        #expect(meter.report.flops.convolution == 2 * 2 * 64 * 64 * 320 * 4 * 9)
        #expect(meter.report.flops.total == meter.report.flops.convolution)
    }

    @Test func aStrideAndAsymmetricPaddingCountOutputPixelsOnly() throws {
        let weight = try meter.prepareConvolution(
            "down", weight: shapeOnly([5, 3, 3, 3]), bias: nil, stride: 2,
            padding: Padding(top: 0, left: 0, bottom: 1, right: 1))
        _ = try meter.convolution(meter.upload(shapeOnly([1, 6, 8, 3]), as: .float32), weight)
        #expect(meter.report.flops.convolution == 2 * 3 * 4 * 5 * 3 * 9)
    }

    @Test func aDoublingCountsFourPhasesAndAnotherSizeNineTaps() throws {
        let weight = try meter.prepareUpsampleConvolution("up", weight: shapeOnly([7, 5, 3, 3]), bias: shapeOnly([7]))
        let x = try meter.upload(shapeOnly([2, 4, 3, 5]), as: .float32)
        _ = try meter.upsampleConvolution(x, weight, height: 8, width: 6)
        #expect(meter.report.flops.convolution == 2 * 16 * 2 * 4 * 3 * 5 * 7)
        meter.reset()
        _ = try meter.upsampleConvolution(x, weight, height: 7, width: 6)
        #expect(meter.report.flops.convolution == 2 * 9 * 2 * 7 * 6 * 5 * 7)
    }

    @Test func matricesCountTwoPerProductAndGegluTwoMatrices() throws {
        let linear = try meter.prepareLinear("q", weight: shapeOnly([30, 20]), bias: nil)
        let x = try meter.upload(shapeOnly([2, 11, 20]), as: .float32)
        #expect(try meter.linear(x, linear).shape == [2, 11, 30])
        #expect(meter.report.flops.linear == 2 * 22 * 20 * 30)
        _ = try meter.geglu(x, value: linear, gate: linear)
        #expect(meter.report.flops.linear == 3 * 2 * 22 * 20 * 30)
    }

    @Test(arguments: [false, true])
    func attentionCountsBothProductsInFullEvenIfCausal(causal: Bool) throws {
        let q = try meter.upload(shapeOnly([2, 50, 8 * 40]), as: .float32)
        let k = try meter.upload(shapeOnly([2, 77, 8 * 40]), as: .float32)
        _ = try meter.attention(q: q, k: k, v: k, heads: 8, causal: causal)
        #expect(meter.report.flops.attention == 4 * 2 * 50 * 77 * 40 * 8)
    }

    @Test func countsStopAtTheLargestNumber() throws {
        let q = try meter.upload(shapeOnly([2, 1 << 28, 1 << 16]), as: .float32)
        for _ in 0..<2 { _ = try meter.attention(q: q, k: q, v: q, heads: 1, causal: false) }
        #expect(meter.report.flops.attention == .max && meter.report.flops.total == .max)
    }

    @Test func pointwiseOperationsAndNormsCountNoArithmetic() throws {
        let norm = try meter.prepareNorm("norm", scale: shapeOnly([8]), shift: shapeOnly([8]))
        let x = try meter.upload(shapeOnly([1, 4, 4, 8]), as: .float32)
        _ = try meter.groupNorm(x, norm, groups: 4, epsilon: 1e-5, activation: .silu)
        _ = try meter.layerNorm(meter.activate(x, .gelu), norm, epsilon: 1e-5)
        _ = try meter.weightedSum([(1, x), (2, x)])
        #expect(meter.report.flops.total == 0)
        #expect(try meter.isFinite(x))
        #expect(try meter.download(x).floats == [Float](repeating: 0, count: 128))
    }
}

@Suite struct MemoryTests {
    @Test(arguments: [(Precision.float32, 4), (.bfloat16, 2), (.float16, 2)])
    func weightsTakeTheirPrecisionAndBiasesFloat32(precision: Precision, size: Int) throws {
        let meter = MeterBackend(precision: precision)
        let linear = try meter.prepareLinear("l", weight: shapeOnly([32, 64]), bias: shapeOnly([32]))
        #expect(linear.storage.byteCount == 32 * 64 * size + 32 * 4)
        do {
            let norm = try meter.prepareNorm("n", scale: shapeOnly([16]), shift: shapeOnly([16]))
            #expect(meter.report.weightBytes == linear.storage.byteCount + 128)
            #expect(meter.report.parameterCount == 32 * 64 + 32 + 32)
            withExtendedLifetime(norm) {}
        }
        #expect(meter.report.weightBytes == linear.storage.byteCount)
        #expect(meter.report.liveBytes == linear.storage.byteCount)
        withExtendedLifetime(linear) {}
    }

    /// x (1024) → a (4096) → b (4096) while a lives, then x and b only, then their sum.
    @Test func thePeakIsTheMostThatLivesAtOnce() throws {
        let meter = MeterBackend(precision: .float32)
        let wide = try meter.prepareLinear("wide", weight: shapeOnly([64, 16]), bias: nil)
        let square = try meter.prepareLinear("square", weight: shapeOnly([64, 64]), bias: nil)
        let weights = (64 * 16 + 64 * 64) * 4 + 2 * 64 * 4  // A layer without a bias holds one of zeros.
        let x = try meter.upload(shapeOnly([1, 16, 16]), as: .float32)
        var h = try meter.linear(x, wide)
        #expect(meter.report.peakBytes == weights + 1024 + 4096)
        h = try meter.linear(h, square)
        #expect(meter.report.liveBytes == weights + 1024 + 4096)
        #expect(meter.report.peakBytes == weights + 1024 + 2 * 4096)
        meter.resetPeak()
        #expect(meter.report.peakBytes == weights + 1024 + 4096)
        let view = h.reshaped([16, 64]).slice(0..<1)
        #expect(meter.report.liveBytes == weights + 1024 + 4096)
        withExtendedLifetime((x, h, view, wide, square)) {}
    }

    @Test func eachAllocationTakesWholeLinesOf64Bytes() throws {
        let meter = MeterBackend(precision: .bfloat16)
        let x = try meter.upload(shapeOnly([33]), as: .bfloat16)
        #expect(meter.memory == MemoryReport(weightBytes: 0, liveBytes: 128, peakBytes: 128))
        withExtendedLifetime(x) {}
    }

    @Test func aDoublingHoldsItsFourPhasesBesideItsOutput() throws {
        let meter = MeterBackend(precision: .bfloat16)
        let weight = try meter.prepareUpsampleConvolution("up", weight: shapeOnly([32, 32, 3, 3]), bias: nil)
        let x = try meter.upload(shapeOnly([1, 8, 8, 32]), as: .bfloat16)
        let out = try meter.upsampleConvolution(x, weight, height: 16, width: 16)
        let output = 16 * 16 * 32 * 2
        #expect(meter.report.peakBytes == weight.storage.byteCount + 8 * 8 * 32 * 2 + 2 * output)
        #expect(meter.report.liveBytes == weight.storage.byteCount + 8 * 8 * 32 * 2 + output)
        withExtendedLifetime((x, out)) {}
    }

    @Test func anotherSizeHoldsTheWholeKernelFromThenOn() throws {
        let meter = MeterBackend(precision: .bfloat16)
        let weight = try meter.prepareUpsampleConvolution("up", weight: shapeOnly([32, 32, 3, 3]), bias: nil)
        let phases = 4 * (4 * 32 * 32 * 2 + 32 * 4)
        #expect(meter.report.weightBytes == phases)
        let x = try meter.upload(shapeOnly([1, 4, 4, 32]), as: .bfloat16)
        for _ in 0..<2 { _ = try meter.upsampleConvolution(x, weight, height: 7, width: 7) }
        #expect(meter.report.weightBytes == phases + 9 * 32 * 32 * 2 + 32 * 4)
        withExtendedLifetime(weight) {}
    }

    @Test func trafficIsEachOperandOncePerOperation() throws {
        let meter = MeterBackend(precision: .bfloat16)
        let x = try meter.upload(shapeOnly([1, 64]), as: .float32)
        meter.reset()
        _ = try meter.weightedSum([(1, x), (1, x)])
        #expect(meter.report.bytesRead == 512)
        #expect(meter.report.bytesWritten == 256)
        let linear = try meter.prepareLinear("l", weight: shapeOnly([32, 64]), bias: shapeOnly([32]))
        _ = try meter.linear(meter.convert(x, to: .bfloat16), linear)
        #expect(meter.report.bytesRead == 512 + 256 + 128 + 32 * 64 * 2 + 128)
        #expect(meter.report.bytesWritten == 256 + 128 + 64)
    }
}
