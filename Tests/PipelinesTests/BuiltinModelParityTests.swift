import DaguerreCPU
import DaguerrePipelines
import DaguerreTensors
import Glibc
import TestSupport
import Testing

@Suite struct BuiltinModelParityTests {
    @Test func defaultPromptDrawsWhatDiffusersDraws() throws {
        let model = try builtinModel()
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let fixture = try PipelineFixture("builtin", sampler: samplerConfiguration(model, "scheduler"))
        let result = try pipeline(model, on: backend)(fixture.request, on: backend)
        expectClose(result.latents, fixture.latents, Tolerances.latents)
        expectClose(result.pixels, fixture.image, Tolerances.image)
    }

    @Test func halfPrecisionDrawsNearlyTheSame() throws {
        let model = try builtinModel()
        let backend = try CPUBackend(precision: .bfloat16, threads: 2)
        let fixture = try PipelineFixture("builtin", sampler: samplerConfiguration(model, "scheduler"))
        let result = try pipeline(model, on: backend)(fixture.request, on: backend)
        let errors = zip(result.pixels.floats, fixture.image.floats).map { Double($0 - $1) * Double($0 - $1) }
        try #require(!errors.isEmpty)
        let meanSquare = errors.reduce(0, +) / Double(errors.count)
        let ratio = 10 * log10(255 * 255 / max(meanSquare, 1e-9))
        #expect(ratio >= Tolerances.leastBFloat16PSNR, "PSNR \(ratio) dB against diffusers in float32")
    }
}
