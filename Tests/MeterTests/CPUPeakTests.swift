import DaguerreCPU
import DaguerreCheckpoints
import DaguerreMeter
import DaguerreModels
import DaguerreTensors
import TestSupport
import Testing

/// The promise: what the meter foretells is within 10 % of what the CPU backend then uses.
@Suite struct CPUPeakTests {
    /// Sizes at which no single rounding to a line or a block weighs much.
    static let operations: [String] = [
        "convolution", "shifted convolution", "doubling", "enlargement", "linear", "geglu", "gatedProduct",
        "attention", "cross attention", "groupNorm", "layerNorm", "converted input", "periodic window",
        "tiled convolution", "tiled doubling", "tiled enlargement",
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

    /// Whole models at a size of their own, and at one that no doubling reaches.
    @Test(
        arguments: [Precision.float32, .bfloat16],
        [(16, []), (19, []), (16, .both), (19, .both)] as [(Int, TilingAxes)])
    func theBuiltInModelPeaksAsForetold(precision: Precision, run: (side: Int, tiling: TilingAxes)) throws {
        let cpu = try CPUBackend(precision: precision, threads: 2)
        let meter = MeterBackend(precision: precision, memoryModel: MemoryModel(of: cpu))
        let used = try peaks(of: run.side, on: TilingBackend(cpu, axes: run.tiling))
        let foretold = try peaks(of: run.side, on: TilingBackend(meter, axes: run.tiling))
        for (stage, bytes) in used {
            let guess = try #require(foretold[stage])
            #expect(abs(bytes - guess) * 10 <= bytes, "\(stage): \(guess) bytes were foretold, \(bytes) were used")
        }
    }

    /// Peaks of a step and of a decode with the built-in model, from its loading on.
    private func peaks(of side: Int, on backend: some Backend) throws -> [String: Int] {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let files = try DiskModelFolder(path: root + "/Models/builtin")
        let latents = try backend.upload(zeros([2, side, side, 4]), as: backend.activationType)
        var peaks: [String: Int] = [:]
        do {
            let configuration = try files.decode(UNetConfiguration.self, file: "unet/config.json")
            let unet = try buildModel(of: files, "unet", on: backend) { try UNet(configuration, from: $0) }
            let context = try backend.upload(
                zeros([2, 77, configuration.crossAttentionWidth[0]]), as: backend.activationType)
            let time = try unet.timeStates([500], on: backend)
            _ = try unet(latents, time: time, text: unet.textStates(context, on: backend), on: backend)
            peaks["step"] = backend.memory.peakBytes
        }
        backend.resetPeak()
        let configuration = try files.decode(AutoencoderConfiguration.self, file: "vae/config.json")
        let autoencoder = try buildModel(of: files, "vae", on: backend) { try Autoencoder(configuration, from: $0) }
        _ = try autoencoder.decode(latents.slice(0..<1), on: backend)
        peaks["decode"] = backend.memory.peakBytes
        return peaks
    }

    private func run(_ operation: String, on backend: any Backend) throws {
        let x = try backend.upload(zeros([2, 32, 32, 64]), as: backend.activationType)
        let tokens = x.reshaped([2, 1024, 64])
        let kernel = (weight: zeros([64, 64, 3, 3]), bias: zeros([64]))
        let tiling = TilingBackend(backend, axes: .both)
        func convolve(_ x: Tensor, shift: Tensor?, on backend: any Backend) throws -> Tensor {
            let weight = try backend.prepareConvolution(
                "c", weight: kernel.weight, bias: kernel.bias, stride: 1, padding: Padding(1))
            return try backend.convolution(x, weight, shift: shift, residual: x, activation: .identity)
        }
        func upsample(_ side: Int, on backend: any Backend) throws -> Tensor {
            let weight = try backend.prepareUpsampleConvolution("u", weight: kernel.weight, bias: kernel.bias)
            return try backend.upsampleConvolution(x, weight, height: side, width: side)
        }
        func norm() throws -> NormWeight { try backend.prepareNorm("n", scale: zeros([64]), shift: zeros([64])) }
        func matrix() throws -> LinearWeight {
            try backend.prepareLinear("l", weight: zeros([256, 64]), bias: zeros([256]))
        }
        switch operation {
        case "convolution": _ = try convolve(x, shift: nil, on: backend)
        case "tiled convolution": _ = try convolve(x, shift: nil, on: tiling)
        case "shifted convolution":
            _ = try convolve(x, shift: backend.upload(zeros([2, 64]), as: .float32), on: backend)
        case "converted input":
            _ = try convolve(backend.upload(zeros([2, 32, 32, 64]), as: .float32), shift: nil, on: backend)
        case "doubling": _ = try upsample(64, on: backend)
        case "enlargement": _ = try upsample(63, on: backend)
        case "tiled doubling": _ = try upsample(64, on: tiling)
        case "tiled enlargement": _ = try upsample(63, on: tiling)
        case "periodic window": _ = try backend.periodicWindow(x, rows: -1..<33, columns: -1..<33)
        case "linear": _ = try backend.linear(tokens, matrix())
        case "geglu": _ = try backend.geglu(tokens, value: matrix(), gate: matrix())
        case "gatedProduct": _ = try backend.gatedProduct(tokens, gate: tokens)
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

private func zeros(_ shape: Shape) -> HostTensor {
    HostTensor([Float](repeating: 0, count: shape.elementCount), shape: shape)
}

extension MemoryModel {
    /// The rules for `backend` on this machine.
    init(of backend: CPUBackend) {
        self.init(
            threadCount: backend.threadCount, usesVendorLibrary: backend.vendorLibrary != nil,
            instructionSet: CPUBackend.instructionSet)
    }
}
