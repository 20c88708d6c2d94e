import DaguerreCPU
import DaguerreCheckpoints
import DaguerrePipelines
import DaguerreSampling
import DaguerreTensors
import TestSupport
import Testing

@Suite struct DiffusionPipelineTests {
    private let backend: CPUBackend
    private let pipeline: DiffusionPipeline
    private let request: DiffusionRequest

    init() throws {
        backend = try CPUBackend(precision: .float32, threads: 2)
        pipeline = try PipelinesTests.pipeline(tinyModel(), on: backend)
        request = try PipelineFixture("runs/euler-ancestral").request
    }

    @Test func anImageOfABatchHasTheSameBitsAlone() throws {
        let both = try pipeline(request, on: backend)
        var second = request
        second.seed += 1
        second.count = 1
        let alone = try pipeline(second, on: backend)
        expectClose(alone.latents, both.latents.slice(1..<2), .exact)
        #expect(alone.images.first == both.images.last)
        #expect(both.images.first != both.images.last)
    }

    @Test func givenLatentsThatEqualTheDrawnOnesGiveTheSamePicture() throws {
        let drawn = try PipelineFixture("runs/euler").request
        var noise = NoiseStream(.torch, seed: drawn.seed)
        var given = drawn
        given.initialLatents = nchw(noise.next([1, drawn.height / 8, drawn.width / 8, 4]))
        given.seed += 99
        expectClose(
            try pipeline(given, on: backend).latents, try pipeline(drawn, on: backend).latents, .exact)
    }

    @Test func theNegativePromptMatters() throws {
        var other = request
        other.negativePrompt = "a dog"
        let difference = Difference(
            try pipeline(other, on: backend).latents, try pipeline(request, on: backend).latents, .relativeL2(1e-3))
        #expect(!difference.isWithinTolerance)
    }

    @Test func eachStageIsReportedOnceInOrder() throws {
        var stages: [String] = []
        _ = try pipeline(request, on: backend) { progress in
            switch progress {
            case .encoded: stages.append("encoded")
            case .step(let step, _): stages.append("step \(step.index) of \(step.count), \(step.image)")
            case .decoded(let image): stages.append("decoded \(image)")
            }
        }
        let images = (0..<2).flatMap { image in
            (0..<20).map { "step \($0) of 20, \(image)" } + ["decoded \(image)"]
        }
        #expect(stages == ["encoded"] + images)
    }

    @Test func whatTheReportThrowsEndsTheRunWithinAStep() throws {
        struct Stop: Error {}
        var steps = 0
        #expect(throws: Stop.self) {
            try pipeline(request, on: backend) { progress in
                if case .step = progress { steps += 1 }
                if steps == 3 { throw Stop() }
            }
        }
        #expect(steps == 3)
    }

    @Test func latentsThatAreNotFiniteStopTheRunAndNameStepAndLayer() throws {
        var request = try PipelineFixture("runs/ddim").request
        request.count = 1
        request.guidance = 1
        let shape: Shape = [1, 4, request.height / 8, request.width / 8]
        request.initialLatents = HostTensor(
            [.nan] + Array(repeating: 0, count: shape.elementCount - 1), shape: shape)
        #expect(throws: PipelineError.notFinite(step: 1, layer: "conv_in")) {
            try pipeline(request, on: backend)
        }
    }

    @Test func aLongPromptIsDrawnToItsEnd() throws {
        var long = request
        long.count = 1
        long.steps = 1
        let words = Array(repeating: "apple", count: 300).joined(separator: " ")
        long.prompt = words + " on a table"
        let drawn = try pipeline(long, on: backend)
        #expect(drawn.warnings.isEmpty)
        long.prompt = words + " on a moon"
        #expect(try pipeline(long, on: backend).latents.floats != drawn.latents.floats)
    }

    @Test(arguments: ["width", "height", "steps", "count", "guidance", "guidance rescale", "initial latents"])
    func aRequestOutOfRangeNamesItsField(_ field: String) throws {
        var request = request
        switch field {
        case "width": request.width = 60
        case "height": request.height = 0
        case "steps": request.steps = 0
        case "count": request.count = -1
        case "guidance": request.guidance = .nan
        case "guidance rescale": request.guidanceRescale = 1.5
        default: request.initialLatents = HostTensor([1], shape: [1, 1, 1, 1])
        }
        let error = #expect(throws: PipelineError.self) { try pipeline(request, on: backend) }
        #expect(error?.description.contains(field) == true)
    }
}
