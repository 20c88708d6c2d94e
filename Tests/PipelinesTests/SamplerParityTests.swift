import DaguerreCPU
import DaguerrePipelines
import DaguerreReference
import DaguerreTensors
import TestSupport
import Testing

@Suite struct SamplerParityTests {
    @Test(arguments: [
        "euler", "euler-linspace", "euler-karras", "euler-exponential", "euler-zero-snr", "euler-odd-size",
        "euler-no-guidance", "euler-ancestral", "heun", "lms", "ddim", "ddim-zero-snr", "ddpm", "dpmpp-2m",
        "dpmpp-2m-karras", "dpmpp-2m-trailing-v", "dpmpp-2m-sde", "dpmpp-2m-sde-karras", "pndm", "unipc",
        "unipc-karras", "lcm", "lcm-4-steps",
    ])
    func everyRunDrawsWhatDiffusersDraws(_ name: String) throws {
        try expectParity(name, on: CPUBackend(precision: .float32, threads: 2))
    }

    @Test func referenceBackendDrawsWhatDiffusersDraws() throws {
        try expectParity("lcm-4-steps", on: ReferenceBackend())
    }

    private func expectParity(_ name: String, on backend: any Backend) throws {
        let fixture = try PipelineFixture("runs/\(name)")
        let result = try pipeline(tinyModel(), on: backend)(fixture.request, on: backend)
        expectClose(result.latents, fixture.latents, Tolerances.latents, "\(name), latents")
        expectClose(result.pixels, fixture.image, Tolerances.image, "\(name), image")
        #expect(result.warnings.isEmpty)
    }
}
