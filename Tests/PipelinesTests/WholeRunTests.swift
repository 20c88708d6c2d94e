import DaguerreCPU
import DaguerreCheckpoints
import DaguerrePipelines
import DaguerreTensors
import TestSupport
import Testing

/// What holds for a run as a whole, on the built-in model.
@Suite(.serialized) struct WholeRunTests {
    private let folder: DiskModelFolder
    private let request: DiffusionRequest

    init() throws {
        folder = try builtinModel()
        var request = try PipelineFixture("builtin", sampler: samplerConfiguration(folder, "scheduler")).request
        request.steps = 4
        self.request = request
    }

    @Test(arguments: [Precision.float32, .bfloat16], [true, false])
    func latentsAndPicturesDoNotDependOnTheNumberOfThreads(precision: Precision, usesVendorLibrary: Bool) throws {
        var first: DiffusionPipeline.Result?
        for threads in [1, 2, 3] {
            let backend = try CPUBackend(
                precision: precision, threads: threads, useVendorLibrary: usesVendorLibrary)
            let result = try pipeline(folder, on: backend)(request, on: backend)
            if let first {
                expectClose(result.latents, first.latents, .exact, "\(threads) threads")
                #expect(result.images == first.images, "\(threads) threads")
            } else {
                first = result
            }
        }
    }

    @Test func aRunThatIsEndedHoldsNothingAndTheNextOneDrawsTheSame() throws {
        struct Stop: Error {}
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let draw = try pipeline(folder, on: backend)
        let undisturbed = try draw(request, on: backend)
        let held = backend.memory
        for last in 0...request.steps {
            var reports = 0
            #expect(throws: Stop.self) {
                try draw(request, on: backend) { _ in
                    reports += 1
                    if reports > last { throw Stop() }
                }
            }
            #expect(reports == last + 1)
            #expect(backend.memory.liveBytes == held.liveBytes && backend.memory.weightBytes == held.weightBytes)
        }
        let again = try draw(request, on: backend)
        expectClose(again.latents, undisturbed.latents, .exact)
        #expect(again.images == undisturbed.images)
    }
}
