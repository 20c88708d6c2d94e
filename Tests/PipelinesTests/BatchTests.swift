import DaguerreCPU
import DaguerreMeter
import DaguerrePipelines
import DaguerrePixels
import DaguerreReference
import DaguerreSampling
import DaguerreTensors
import Synchronization
import TestSupport
import Testing

/// Images of several requests at once: each is what it is alone, whoever else is there and whoever leaves.
@Suite struct BatchTests {
    /// Where it is drawn.
    enum Place: String, CaseIterable {
        case reference, cpuFloat32, cpuBFloat16

        func backend() throws -> any Backend {
            switch self {
            case .reference: ReferenceBackend()
            case .cpuFloat32: try CPUBackend(precision: .float32, threads: 2)
            case .cpuBFloat16: try CPUBackend(precision: .bfloat16, threads: 2)
            }
        }
    }

    private static let samplers: [(SamplerName, Int)] = [
        (.eulerAncestral, 3), (.dpmPlusPlus2MStochastic, 4), (.ddim, 3), (.uniPC, 4), (.heun, 2),
        (.dpmPlusPlusStochastic, 2), (.lcm, 3), (.plms, 5), (.restart, 4), (.ddimGuidedPlusPlus, 2),
    ]

    /// Four images of three requests that differ in all in which those of a batch may.
    private func requests(_ sampler: SamplerName, steps: Int, isGuided: Bool) throws -> [DiffusionRequest] {
        var first = try PipelineFixture("runs/euler").request
        first.sampler = try first.sampler.replacing(sampler: sampler, schedule: nil)
        (first.steps, first.width, first.height, first.count) = (steps, 64, 64, 1)
        (first.prompt, first.negativePrompt, first.seed) = ("a red car", "", 5)
        first.guidance = isGuided ? 7.5 : 1
        var second = first
        (second.prompt, second.negativePrompt, second.seed, second.count) = ("two (green:1.3) apples", "fog", 90, 2)
        second.guidance = isGuided ? 3 : 1
        second.guidanceRescale = 0.7
        second.random = .philox
        var third = first
        third.prompt = "a [cat:dog:0.5] on a table"
        third.variation = SeedVariation(seed: 3, strength: 0.3)
        return [first, second, third]
    }

    /// What comes of `requests` together; each must end once.
    private func together(
        _ requests: [DiffusionRequest], atOnce limit: Int, _ pipeline: DiffusionPipeline, on backend: any Backend,
        report: (Int, Progress) throws -> Void = { _, _ in }
    ) -> [Result<DiffusionPipeline.Result, any Error>] {
        var results: [Result<DiffusionPipeline.Result, any Error>?] = requests.map { _ in nil }
        pipeline(batch: requests, atOnce: limit, on: backend, report: report) { request, result in
            #expect(results[request] == nil)
            results[request] = result
        }
        return results.map { $0 ?? .failure(CancellationError()) }
    }

    @Test(arguments: Place.allCases, samplers)
    func eachImageIsWhatItIsAlone(_ place: Place, _ sampler: (name: SamplerName, steps: Int)) throws {
        let backend = try place.backend()
        let pipeline = try pipeline(tinyModel(), on: backend)
        for isGuided in [true, false] {
            let requests = try requests(sampler.name, steps: sampler.steps, isGuided: isGuided)
            var most = 0
            let together = self.together(requests, atOnce: 4, pipeline, on: backend) { request, progress in
                if case .step(let step, _) = progress { most = max(most, step.imagesAtOnce) }
            }
            #expect(most == 2)
            for (request, result) in zip(requests, together) {
                let (alone, result) = (try pipeline(request, on: backend), try result.get())
                expectClose(result.latents, alone.latents, .exact)
                #expect(result.images == alone.images)
            }
        }
    }

    /// What may not share an evaluation is drawn apart, in the order of the first of each, and nothing is drawn twice.
    @Test func requestsThatDifferInMoreAreDrawnApart() throws {
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let pipeline = try pipeline(tinyModel(), on: backend)
        let plain = try requests(.eulerAncestral, steps: 2, isGuided: true)[0]
        func changed(_ change: (inout DiffusionRequest) throws -> Void) rethrows -> DiffusionRequest {
            var request = plain
            try change(&request)
            return request
        }
        let words = Array(repeating: "apple", count: 90).joined(separator: " ")
        let requests = [
            plain, changed { $0.guidance = 1 }, changed { $0.prompt = words },
            changed { $0.prompt = "a cat AND a dog :0.6" },
            changed { $0.steps = 3 }, changed { $0.height = 72 }, changed { $0.tiling = .both },
            try changed { $0.sampler = try $0.sampler.replacing(sampler: .dpmAdaptive, schedule: nil) },
            changed {
                $0.hires = HiresPass(
                    size: PixelSize(width: 96, height: 96), enlargement: .latents(LatentFilter(.bilinear)),
                    strength: 0.5)
                $0.count = 2
            },
            changed { $0.negativePrompt = words }, changed { $0.seed = 77 }, changed { $0.count = 3 },
        ]
        var largest = [Int: Int]()
        let together = self.together(requests, atOnce: 3, pipeline, on: backend) { request, progress in
            if case .step(let step, _) = progress { largest[request] = max(largest[request] ?? 0, step.imagesAtOnce) }
        }
        for (number, (request, result)) in zip(requests, together).enumerated() {
            let (alone, result) = (try pipeline(request, on: backend), try result.get())
            expectClose(result.latents, alone.latents, .exact, "request \(number)")
            #expect(result.images == alone.images)
            #expect(result.timings.steps.count == alone.timings.steps.count)
        }
        #expect(largest[8] == 1 && (largest[11] ?? 0) >= 2)
    }

    @Test func picturesToBeginWithAreOfABatchToo() throws {
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let pipeline = try pipeline(tinyModel(), on: backend)
        var requests = try [PipelineFixture("editing/inpaint-euler").request]
        requests[0].count = 1
        requests.append(requests[0])
        requests[1].start?.inpainting = nil
        requests[1].seed += 5
        requests.append(requests[0])
        requests[2].start?.inpainting?.content = .nothing
        requests[2].prompt = "a blue boat"
        for (request, result) in zip(requests, together(requests, atOnce: 3, pipeline, on: backend)) {
            expectClose(try result.get().latents, try pipeline(request, on: backend).latents, .exact)
        }
    }

    /// Each prompt has time states of its own there, which are told sizes.
    @Test func imagesOfXLAreWhatTheyAreAlone() throws {
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let pipeline = try pipeline(model("xl"), on: backend)
        var requests = try [PipelineFixture("xl-runs/sizes").request]
        requests[0].steps = 2
        requests.append(requests[0])
        requests[1].prompt = "a harbour"
        requests[1].seed += 5
        requests[1].conditions = PictureConditions()
        requests[1].count = 2
        for (request, result) in zip(requests, together(requests, atOnce: 4, pipeline, on: backend)) {
            expectClose(try result.get().latents, try pipeline(request, on: backend).latents, .exact)
        }
    }

    @Test func whoLeavesDoesSoWithinAStepAndTheOthersAreAsTheyWere() throws {
        struct Stop: Error {}
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let pipeline = try pipeline(tinyModel(), on: backend)
        let requests = try requests(.dpmPlusPlus2MStochastic, steps: 6, isGuided: true)
        var events: [String] = []
        pipeline(batch: requests, atOnce: 4, on: backend) { request, progress in
            guard case .step(let step, _) = progress else { return }
            events.append("\(request) step \(step.index)")
            if request == 1, step.index == 2 { throw Stop() }
        } ended: { request, result in
            events.append("\(request) ended")
            switch result {
            case .success(let drawn):
                #expect(request != 1)
                do {
                    let alone = try pipeline(requests[request], on: backend)
                    expectClose(drawn.latents, alone.latents, .exact)
                } catch {
                    Issue.record(error)
                }
            case .failure(let error): #expect(request == 1 && error is Stop)
            }
        }
        // It ends before anyone's next step.
        let end = try #require(events.firstIndex(of: "1 ended"))
        let last = try #require(events.firstIndex(of: "2 step 2"))
        #expect(end == last + 1)
        #expect(events.firstIndex(of: "0 step 3").map { $0 > end } == true)
        #expect(!events.contains("1 step 3") && events.contains("0 step 5") && events.contains("2 step 5"))
        #expect(events.filter { $0.hasSuffix("ended") }.count == 3)
    }

    @Test func latentsThatAreNotFiniteFailTheirOwnRequestOnly() throws {
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let pipeline = try pipeline(tinyModel(), on: backend)
        var requests = try requests(.ddim, steps: 3, isGuided: true)
        let shape: Shape = [1, 4, 8, 8]
        requests[0].initialLatents = HostTensor(
            [.nan] + Array(repeating: 0, count: shape.elementCount - 1), shape: shape)
        let results = together(requests, atOnce: 4, pipeline, on: backend)
        #expect(throws: PipelineError.notFinite(step: 1, layer: "conv_in")) { _ = try results[0].get() }
        for (request, result) in zip(requests, results).dropFirst() {
            expectClose(try result.get().latents, try pipeline(request, on: backend).latents, .exact)
        }
    }

    /// A batch is never refused for what its images would not be refused for alone.
    @Test(arguments: [2, 3, 4]) func whereMemoryIsShortFewerAreEvaluatedAtOnce(most: Int) throws {
        let plenty = try CPUBackend(precision: .float32, threads: 2)
        let scarce = ScarceBackend(backend: plenty, most: most)
        let requests = try requests(.uniPC, steps: 3, isGuided: true)
        let pipeline = try pipeline(tinyModel(), on: scarce)
        for (request, result) in zip(requests, together(requests, atOnce: 4, pipeline, on: scarce)) {
            expectClose(try result.get().latents, try pipeline(request, on: scarce).latents, .exact)
        }
        // One prompt each is as many samples as there is memory for; else nobody can be drawn, and each hears of it.
        let none = ScarceBackend(backend: plenty, most: 0)
        for result in together(requests, atOnce: 4, pipeline, on: none) {
            #expect(throws: BackendError.outOfMemory(byteCount: 1 << 40)) { _ = try result.get() }
        }
    }

    @Test func theMeterForetellsABatch() throws {
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let folder = try builtinModel()
        var request = try PipelineFixture("builtin", sampler: samplerConfiguration(folder, "scheduler")).request
        request.count = 6
        let meter = MeterBackend(
            precision: .float32,
            memoryModel: MemoryModel(
                threadCount: 2, usesVendorLibrary: backend.vendorLibrary != nil,
                instructionSet: CPUBackend.instructionSet))
        let shapes = try pipeline(folder, on: meter)
        let drawing = try pipeline(folder, on: backend)
        var foretold: [Int] = []
        for limit in [1, 4] {
            meter.reset()
            try shapes.rehearse([request], atOnce: limit, on: meter)
            foretold.append(meter.report.peakBytes)
            backend.resetPeak()
            for result in together([request], atOnce: limit, drawing, on: backend) { _ = try result.get() }
            let ratio = Double(meter.report.peakBytes) / Double(backend.memory.peakBytes)
            #expect(abs(ratio - 1) < 0.1, "foretold \(meter.report.peakBytes), held \(backend.memory.peakBytes)")
        }
        #expect(foretold[1] > foretold[0])
    }
}
