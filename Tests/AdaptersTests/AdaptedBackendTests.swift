import DaguerreAdapters
import DaguerreCPU
import DaguerreCheckpoints
import DaguerreMeter
import DaguerreModels
import DaguerreReference
import DaguerreTensors
import TestSupport
import Testing

/// What the wrapper promises beside the right numbers: base weights untouched, memory bounded, forecasts that count it.
@Suite struct AdaptedBackendTests {
    /// The promise is 1e-4; what is measured is a hundredth of it.
    @Test(arguments: ["kohya-sd1", "kohya-locon", "locon-middle", "peft-default-name"])
    func sidePathAndMergedCopyAgree(file: String) throws {
        let fixture = try AdapterFixture(on: CPUBackend(precision: .float32, threads: 2))
        let adapter = [(try fixture.bound(file), AdapterWeights(0.9))]
        let beside = try fixture.output(.unet, with: adapter, policy: .sidePath)
        expectClose(try fixture.output(.unet, with: adapter, policy: .merged), beside, .relativeL2(1e-5))
    }

    @Test func aThousandSwitchesLeaveNothingBehind() throws {
        let backend = try CPUBackend(precision: .float32, threads: 1)
        let fixture = try AdapterFixture(on: backend)
        let prepared = PreparedAdapters(fixture.target, limitBytes: 300 << 10)
        let base = try fixture.denoised(on: backend)
        let adapters = try ["kohya-sd1", "kohya-second", "loha-plain", "full"].map { try fixture.bound($0) }
        let held = backend.memory
        var expected: [Int: HostTensor] = [:]
        var live: [Int] = []
        for turn in 0..<1000 {
            let index = turn % 8
            // A weight of its own for every turn of one adapter, so that the cache must forget.
            let weight = index == 3 ? 0.1 + Double(turn) / 1000 : 0.5
            let adaptations = try LayerAdaptations([(adapters[index / 2], AdapterWeights(weight))], of: .unet)
            let adapted = AdaptedBackend(
                backend, adaptations, prepared: prepared, policy: index % 2 == 0 ? .sidePath : .merged)
            let output = try fixture.denoised(on: adapted)
            if index != 3 {
                if let known = expected[index] { expectClose(output, known, .exact) } else { expected[index] = output }
            }
            if turn % 8 == 7, turn >= 199 { live.append(backend.memory.liveBytes) }
        }
        // The cache holds what it may, at the end as in the beginning.
        #expect(try #require(live.max()) - #require(live.min()) <= #require(live.first) / 100)
        prepared.removeAll()
        #expect(prepared.byteCount == 0)
        #expect(backend.memory.liveBytes == held.liveBytes && backend.memory.weightBytes == held.weightBytes)
        expectClose(try fixture.denoised(on: backend), base, .exact)
    }

    /// What a request uses it keeps, whatever is forgotten: nothing is made twice within it.
    @Test func aCacheThatHoldsNothingCostsNoResult() throws {
        let backend = ReferenceBackend()
        let fixture = try AdapterFixture(on: backend)
        let adaptations = try LayerAdaptations([(fixture.bound("kohya-sd1"), AdapterWeights())], of: .unet)
        let outputs = try [0, 1 << 30].map { limit in
            let prepared = PreparedAdapters(fixture.target, limitBytes: limit)
            let output = try fixture.denoised(
                on: AdaptedBackend(backend, adaptations, prepared: prepared, policy: .sidePath))
            #expect((prepared.byteCount > 0) == (limit > 0))
            return output
        }
        expectClose(outputs[0], outputs[1], .exact)
    }

    /// Adapted convolutions among them, beside their layers and merged.
    @Test(arguments: ["kohya-locon", "locon-middle"], [AdaptationPolicy.sidePath, .merged])
    func tilingInsideAndAroundAnAdapterAgree(file: String, policy: AdaptationPolicy) throws {
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let fixture = try AdapterFixture(on: backend)
        let adaptations = try LayerAdaptations([(fixture.bound(file), AdapterWeights(0.9))], of: .unet)
        let prepared = PreparedAdapters(fixture.target)
        let tiling = TilingBackend(backend, axes: .both)
        let inside = try fixture.denoised(
            on: AdaptedBackend(tiling, adaptations, prepared: prepared, policy: policy))
        let adapted = AdaptedBackend(backend, adaptations, prepared: prepared, policy: policy)
        let around = try fixture.denoised(on: TilingBackend(adapted, axes: .both))
        expectClose(inside, around, .relativeL2(1e-6))
        let (plain, unadapted) = (try fixture.denoised(on: adapted), try fixture.denoised(on: tiling))
        #expect(!Difference(inside, plain, .relativeL2(1e-2)).isWithinTolerance)
        #expect(!Difference(inside, unadapted, .relativeL2(1e-2)).isWithinTolerance)
    }

    @Test func noAdapterIsTheBaseToTheBit() throws {
        let backend = try CPUBackend(precision: .bfloat16, threads: 2)
        let fixture = try AdapterFixture(on: backend)
        let nothing = try LayerAdaptations([(fixture.bound("kohya-sd1"), AdapterWeights(0))], of: .unet)
        #expect(nothing.isEmpty && LayerAdaptations(none: .unet).isEmpty)
        let adapted = AdaptedBackend(
            backend, nothing, prepared: PreparedAdapters(fixture.target), policy: .automatic(evaluations: 20))
        expectClose(try fixture.denoised(on: adapted), try fixture.denoised(on: backend), .exact)
    }

    /// The meter runs the same wrapper: weights and peak of a run with adapters are foretold.
    ///
    /// On the built-in model, whose sizes are such that no rounding of oneDNN's layouts weighs much.
    @Test(arguments: [AdaptationPolicy.sidePath, .merged], [Precision.float32, .bfloat16])
    func theMeterForetellsAdapters(policy: AdaptationPolicy, precision: Precision) throws {
        let cpu = try CPUBackend(precision: precision, threads: 1)
        let meter = MeterBackend(
            precision: precision,
            memoryModel: MemoryModel(
                threadCount: 1, usesVendorLibrary: cpu.vendorLibrary != nil, instructionSet: CPUBackend.instructionSet))
        let files = try DiskModelFolder(path: Fixture.path("../../Models/builtin"))
        let configuration = try files.decode(UNetConfiguration.self, file: "unet/config.json")
        let target = AdapterTarget(unet: try files.weights(of: "unet"))
        var tensors: [String: Shape] = [:]
        for (path, shape) in target.matrices(of: .unet) {
            tensors["unet.\(path).lora_A.weight"] = [64, shape[1]]
            tensors["unet.\(path).lora_B.weight"] = [shape[0], 64]
        }
        let adapter = try Adapter(adapterFile(tensors)).bind(to: target, strict: true)
        var weights: [Int] = []
        var peaks: [Int] = []
        for backend in [cpu as any Backend, meter] {
            let unet = try buildModel(of: files, "unet", on: backend) { try UNet(configuration, from: $0) }
            let before = backend.memory.weightBytes
            let adapted = AdaptedBackend(
                backend, try LayerAdaptations([(adapter, AdapterWeights(0.01))], of: .unet),
                prepared: PreparedAdapters(target), policy: policy)
            func zeros(_ shape: Shape) throws -> Tensor {
                let values = [Float](repeating: 0, count: shape.elementCount)
                return try backend.upload(HostTensor(values, shape: shape), as: backend.activationType)
            }
            backend.resetPeak()
            let text = try unet.textStates(zeros([2, 77, configuration.crossAttentionWidth[0]]), on: adapted)
            _ = try unet(zeros([2, 16, 16, 4]), time: unet.timeStates([500], on: adapted), text: text, on: adapted)
            weights.append(backend.memory.weightBytes - before)
            peaks.append(backend.memory.peakBytes)
        }
        #expect(weights[0] > 0 && abs(weights[0] - weights[1]) * 10 <= weights[0], "\(weights)")
        #expect(abs(peaks[0] - peaks[1]) * 10 <= peaks[0], "\(peaks)")
    }

    @Test func theMeterCountsTheSidePathsArithmetic() throws {
        let meter = MeterBackend(precision: .float32)
        let fixture = try AdapterFixture(on: meter)
        func flops(_ policy: AdaptationPolicy?) throws -> Int {
            let adaptations = try LayerAdaptations([(fixture.bound("kohya-sd1"), AdapterWeights())], of: .unet)
            let prepared = PreparedAdapters(fixture.target)
            let adapted = policy.map { AdaptedBackend(meter, adaptations, prepared: prepared, policy: $0) }
            // Once for the weights, once to count.
            for _ in 0..<2 {
                meter.reset()
                _ = try adapted.map { try fixture.denoised(on: $0) } ?? fixture.denoised(on: meter)
            }
            return meter.report.flops.total
        }
        let base = try flops(nil)
        #expect(try flops(.merged) == base)
        #expect(try flops(.sidePath) > base)
    }

    /// Whether a copy is made depends on rows, rank and steps alone.
    @Test func theCheaperWayIsTaken() throws {
        let backend = ReferenceBackend()
        let fixture = try AdapterFixture(on: backend)
        let adaptations = try LayerAdaptations([(fixture.bound("kohya-sd1"), AdapterWeights())], of: .unet)
        func output(_ policy: AdaptationPolicy) throws -> HostTensor {
            try fixture.denoised(
                on: AdaptedBackend(backend, adaptations, prepared: PreparedAdapters(fixture.target), policy: policy))
        }
        let (beside, merged) = (try output(.sidePath), try output(.merged))
        #expect(!Difference(beside, merged, .exact).isWithinTolerance)
        expectClose(try output(.automatic(evaluations: 0)), beside, .exact)
        expectClose(try output(.automatic(evaluations: 1_000_000)), merged, .exact)
    }

    @Test func aLayerThatOverflowsIsNamed() throws {
        let backend = ReferenceBackend()
        let fixture = try AdapterFixture(on: backend)
        let name = "mid_block.attentions.0.proj_in"
        let file = try adapterFile(
            ["unet.\(name).lora_A.weight": [1, 12], "unet.\(name).lora_B.weight": [12, 1]],
            alphas: ["unet.\(name).alpha": 3e38])
        let adaptations = try LayerAdaptations(
            [(Adapter(file).bind(to: fixture.target), AdapterWeights(100))], of: .unet)
        for policy in [AdaptationPolicy.sidePath, .merged] {
            let adapted = AdaptedBackend(
                backend, adaptations, prepared: PreparedAdapters(fixture.target), policy: policy)
            #expect(throws: BackendError.notFinite(layer: name)) {
                _ = try fixture.denoised(on: FiniteCheckBackend(adapted))
            }
        }
    }
}
