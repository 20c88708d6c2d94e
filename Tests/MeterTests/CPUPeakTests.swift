import DaguerreCPU
import DaguerreMeter
import DaguerreTensors
import Testing

/// The promise: what the meter foretells is within 10 % of what the CPU backend then uses.
@Suite struct CPUPeakTests {
    /// Sizes at which no single rounding to a line or a block weighs much.
    static let operations: [String] = [
        "convolution", "shifted convolution", "doubling", "enlargement", "linear", "geglu", "attention",
        "cross attention", "groupNorm", "layerNorm", "converted input",
    ]

    @Test(arguments: [Precision.float32, .bfloat16], [true, false])
    func everyOperationPeaksAsForetold(precision: Precision, usesVendorLibrary: Bool) throws {
        for operation in Self.operations {
            let cpu = try CPUBackend(precision: precision, threads: 2, useVendorLibrary: usesVendorLibrary)
            let meter = MeterBackend(precision: precision, memoryModel: MemoryModel(of: cpu))
            try run(operation, on: cpu)
            try run(operation, on: meter)
            let (used, foretold) = (cpu.memory.peakBytes, meter.memory.peakBytes)
            #expect(
                abs(used - foretold) * 10 <= used, "\(operation): \(foretold) bytes were foretold, \(used) were used")
            #expect(cpu.memory.liveBytes == 0)
            #expect(meter.memory.liveBytes == 0)
        }
    }

    private func run(_ operation: String, on backend: any Backend) throws {
        func zeros(_ shape: Shape) -> HostTensor {
            HostTensor([Float](repeating: 0, count: shape.elementCount), shape: shape)
        }
        let x = try backend.upload(zeros([2, 32, 32, 64]), as: backend.activationType)
        let tokens = x.reshaped([2, 1024, 64])
        let kernel = (weight: zeros([64, 64, 3, 3]), bias: zeros([64]))
        func convolve(_ x: Tensor, shift: Tensor?) throws -> Tensor {
            let weight = try backend.prepareConvolution(
                "c", weight: kernel.weight, bias: kernel.bias, stride: 1, padding: Padding(1))
            return try backend.convolution(x, weight, shift: shift, residual: x, activation: .identity)
        }
        func upsample(_ side: Int) throws -> Tensor {
            let weight = try backend.prepareUpsampleConvolution("u", weight: kernel.weight, bias: kernel.bias)
            return try backend.upsampleConvolution(x, weight, height: side, width: side)
        }
        func norm() throws -> NormWeight { try backend.prepareNorm("n", scale: zeros([64]), shift: zeros([64])) }
        func matrix() throws -> LinearWeight {
            try backend.prepareLinear("l", weight: zeros([256, 64]), bias: zeros([256]))
        }
        switch operation {
        case "convolution": _ = try convolve(x, shift: nil)
        case "shifted convolution": _ = try convolve(x, shift: backend.upload(zeros([2, 64]), as: .float32))
        case "converted input":
            _ = try convolve(backend.upload(zeros([2, 32, 32, 64]), as: .float32), shift: nil)
        case "doubling": _ = try upsample(64)
        case "enlargement": _ = try upsample(63)
        case "linear": _ = try backend.linear(tokens, matrix())
        case "geglu": _ = try backend.geglu(tokens, value: matrix(), gate: matrix())
        case "attention": _ = try backend.attention(q: tokens, k: tokens, v: tokens, heads: 2, causal: false)
        case "cross attention":
            let context = tokens.slice(0..<1).reshaped([1, 1024, 64])
            _ = try backend.attention(q: tokens, k: context, v: context, heads: 8, causal: false)
        case "groupNorm": _ = try backend.groupNorm(x, norm(), groups: 32, epsilon: 1e-5, activation: .silu)
        case "layerNorm": _ = try backend.layerNorm(tokens, norm(), epsilon: 1e-5)
        default: Issue.record("\(operation) is not an operation")
        }
    }
}

extension MemoryModel {
    /// The rules for `backend` on this machine.
    init(of backend: CPUBackend) {
        let instructionSet = CPUBackend.instructionSet
        self.init(
            threadCount: backend.threadCount, usesVendorLibrary: backend.vendorLibrary != nil,
            vectorWidth: instructionSet.hasPrefix("avx512") ? 16 : instructionSet == "avx2" ? 8 : 4,
            hasBFloat16Pairs: instructionSet == "avx512bf16")
    }
}
