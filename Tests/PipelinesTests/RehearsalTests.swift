import DaguerreCPU
import DaguerreMeter
import DaguerrePipelines
import DaguerreTensors
import TestSupport
import Testing

/// What a dry run says before the run.
@Suite struct RehearsalTests {
    private let meter = MeterBackend(precision: .float32)

    @Test func itForetellsThePeakOfTheRun() throws {
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let folder = try builtinModel()
        let request = try PipelineFixture("builtin", sampler: samplerConfiguration(folder, "scheduler")).request
        let meter = MeterBackend(
            precision: .float32,
            memoryModel: MemoryModel(
                threadCount: 2, usesVendorLibrary: backend.vendorLibrary != nil,
                instructionSet: CPUBackend.instructionSet))
        let shapes = try pipeline(folder, on: meter)
        meter.reset()
        try shapes.rehearse([request], on: meter)
        let drawing = try pipeline(folder, on: backend)
        backend.resetPeak()
        _ = try drawing(request, on: backend)
        let ratio = Double(meter.report.peakBytes) / Double(backend.memory.peakBytes)
        #expect(abs(ratio - 1) < 0.1, "foretold \(meter.report.peakBytes), held \(backend.memory.peakBytes)")
    }

    @Test func itCountsWhatADryRunOfTheWholeCounts() throws {
        let folder = try tinyModel()
        var request = try PipelineFixture("runs/euler-ancestral").request
        request.count = 1
        let shapes = try pipeline(folder, on: meter)
        meter.reset()
        _ = try shapes(request, on: meter)
        let whole = meter.report.flops
        meter.reset()
        try shapes.rehearse([request], on: meter)
        #expect(meter.report.flops == whole)
    }

    @Test func theLargestRequestIsCountedWithoutATrap() throws {
        var request = try PipelineFixture("runs/euler-ancestral").request
        request.width = 16384
        request.height = 16384
        request.steps = 1000
        request.count = 1000
        let shapes = try pipeline(tinyModel(), on: meter)
        try shapes.rehearse([request], on: meter)
        #expect(meter.report.flops.total > 1 << 50)
    }

    @Test func itRefusesWhatTheRunWouldRefuse() throws {
        var request = try PipelineFixture("runs/euler-ancestral").request
        request.count = .max
        let shapes = try pipeline(tinyModel(), on: meter)
        #expect(throws: PipelineError.self) { try shapes.rehearse([request], on: meter) }
    }
}
