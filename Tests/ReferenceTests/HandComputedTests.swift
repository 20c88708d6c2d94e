import DaguerreReference
import DaguerreTensors
import TestSupport
import Testing

/// Cases small enough to follow with a pencil.
@Suite struct HandComputedTests {
    let backend = ReferenceBackend()

    func tensor(_ values: [Float], _ shape: Shape) throws -> Tensor {
        try backend.upload(HostTensor(values, shape: shape), as: .float32)
    }

    func floats(_ x: Tensor) throws -> [Float] { try backend.download(x).floats }

    @Test func convolutionAddsBiasShiftOfEachSampleAndResidualBeforeTheActivation() throws {
        let weight = try backend.prepareConvolution(
            "c", weight: HostTensor([2], shape: [1, 1, 1, 1]), bias: HostTensor([1], shape: [1]), stride: 1,
            padding: Padding(0))
        let x = try tensor([1, 2, 3, 4], [2, 1, 2, 1])
        let shift = try tensor([-10, 100], [2, 1])
        let residual = try tensor([0, 0, 0, -200], [2, 1, 2, 1])
        let sums = try backend.convolution(x, weight, shift: shift, residual: residual, activation: .identity)
        #expect(try floats(sums) == [-7, -5, 107, -91])
        let shared = try backend.convolution(
            x, weight, shift: tensor([5], [1, 1]), residual: nil, activation: .identity)
        #expect(try floats(shared) == [8, 10, 12, 14])
        let activated = try backend.convolution(x, weight, shift: shift, residual: residual, activation: .silu)
        #expect(try floats(activated) == floats(backend.activate(sums, .silu)))
    }

    @Test func linearAddsTheResidualAfterTheActivation() throws {
        let weight = try backend.prepareLinear(
            "l", weight: HostTensor([1, 2, 3, 4], shape: [2, 2]), bias: HostTensor([0, -1], shape: [2]))
        let x = try tensor([1, -1], [1, 1, 2])
        let residual = try tensor([10, 20], [1, 1, 2])
        let out = try backend.linear(x, weight, residual: residual, activation: .identity)
        #expect(try floats(out) == [9, 18])
        let product = try backend.activate(backend.linear(x, weight), .quickGELU)
        let sum = try backend.weightedSum([(1, product), (1, residual)])
        let fused = try backend.linear(x, weight, residual: residual, activation: .quickGELU)
        expectClose(
            try backend.download(fused), try backend.download(sum), .elementwise(absolute: 0, relative: 1e-6))
    }

    @Test func aGatedProductIsGEGLUOfItsTwoProducts() throws {
        let value = try backend.prepareLinear("v", weight: HostTensor([1, 2], shape: [1, 2]), bias: nil)
        let gate = try backend.prepareLinear("g", weight: HostTensor([-1, 3], shape: [1, 2]), bias: nil)
        let x = try tensor([1, -1, 0.5, 2], [2, 1, 2])
        let product = try backend.gatedProduct(backend.linear(x, value), gate: backend.linear(x, gate))
        #expect(try floats(product) == floats(backend.geglu(x, value: value, gate: gate)))
        // gelu(1) = 0.8413447…
        let one = try backend.gatedProduct(tensor([2], [1]), gate: tensor([1], [1]))
        #expect(abs(try floats(one)[0] - 1.6826895) < 1e-6)
    }

    @Test func causalAttentionSeesNothingLater() throws {
        let q = try tensor([0, 0, 0], [1, 3, 1])
        let v = try tensor([1, 3, 8], [1, 3, 1])
        #expect(try floats(backend.attention(q: q, k: q, v: v, heads: 1, causal: true)) == [1, 2, 4])
        #expect(try floats(backend.attention(q: q, k: q, v: v, heads: 1, causal: false)) == [4, 4, 4])
    }

    @Test func attentionSharesOneSampleOfKeysAmongAll() throws {
        let q = try tensor([1, -1, 0.5, 2], [2, 1, 2])
        let (k, v) = (try tensor([1, 2, 3, 4], [1, 2, 2]), try tensor([5, 6, 7, 9], [1, 2, 2]))
        let twice = (try backend.concatenateBatch([k, k]), try backend.concatenateBatch([v, v]))
        let shared = try backend.attention(q: q, k: k, v: v, heads: 2, causal: false)
        let repeated = try backend.attention(q: q, k: twice.0, v: twice.1, heads: 2, causal: false)
        #expect(try floats(shared) == floats(repeated))
    }

    @Test func attentionOfHugeScoresStaysFinite() throws {
        let q = try tensor([1e4, 1e4], [1, 2, 1])
        let v = try tensor([3, 4], [1, 2, 1])
        let out = try backend.attention(q: q, k: tensor([1e4, -1e4], [1, 2, 1]), v: v, heads: 1, causal: false)
        #expect(try floats(out) == [3, 3])
    }

    @Test func tensorsJoinAlongChannelsAndAlongTheBatch() throws {
        let a = try tensor([1, 2, 3, 4], [2, 1, 1, 2])
        let b = try tensor([5, 6], [2, 1, 1, 1])
        #expect(try floats(backend.concatenateChannels([a, b])) == [1, 2, 5, 3, 4, 6])
        #expect(try floats(backend.concatenateBatch([b, b.slice(1..<2)])) == [5, 6, 6])
    }

    @Test func weightedSumAddsScaledTensors() throws {
        let (a, b) = (try tensor([1, 2], [2]), try tensor([10, 20], [2]))
        #expect(try floats(backend.weightedSum([(2, a), (-0.5, b)])) == [-3, -6])
    }

    @Test func aSliceComputesAsIfItWereATensor() throws {
        let x = try tensor([9, 9, 1, 2], [2, 1, 2])
        let weight = try backend.prepareLinear("l", weight: HostTensor([1, 1], shape: [1, 2]), bias: nil)
        #expect(try floats(backend.linear(x.slice(1..<2), weight)) == [3])
    }

    @Test func whatIsHeldIsCountedAndLimited() throws {
        let backend = ReferenceBackend(memoryLimit: 64)
        let x = try backend.upload(HostTensor([1, 2, 3, 4], shape: [4]), as: .float32)
        _ = try backend.activate(x, .silu)
        #expect(backend.memory == MemoryReport(weightBytes: 0, liveBytes: 16, peakBytes: 32))
        #expect(throws: BackendError.outOfMemory(byteCount: 64)) {
            _ = try backend.concatenateBatch([x, x, x, x])
        }
        withExtendedLifetime(x) {}
    }

    @Test func aTensorOfAnotherBackendIsRefused() throws {
        final class Other: TensorStorage {}
        let foreign = Tensor(shape: [1], elementType: .float32, storage: Other())
        #expect(throws: BackendError.foreignStorage(operation: "activate")) {
            _ = try backend.activate(foreign, .silu)
        }
        #expect(throws: BackendError.unsupportedElementType(operation: "upload", .bfloat16)) {
            _ = try backend.upload(HostTensor([1], shape: [1]), as: .bfloat16)
        }
    }
}
