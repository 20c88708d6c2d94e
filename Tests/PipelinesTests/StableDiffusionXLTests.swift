import DaguerreCPU
import DaguerrePipelines
import DaguerreReference
import DaguerreTensors
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/pipelines_xl.py.
@Suite struct StableDiffusionXLTests {
    @Test(arguments: ["base", "negative", "sizes", "no-guidance"])
    func everyRunDrawsWhatDiffusersDraws(_ name: String) throws {
        try expectParity(name, on: CPUBackend(precision: .float32, threads: 2))
    }

    @Test func referenceBackendDrawsWhatDiffusersDraws() throws {
        try expectParity("base", on: ReferenceBackend())
    }

    @Test func whatItIsToldOfThePictureMatters() throws {
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let model = try pipeline(model("xl"), on: backend)
        var request = try PipelineFixture("xl-runs/sizes").request
        let told = try model(request, on: backend).latents
        request.conditions = PictureConditions()
        let difference = Difference(try model(request, on: backend).latents, told, .relativeL2(1e-3))
        #expect(!difference.isWithinTolerance)
    }

    private func expectParity(_ name: String, on backend: any Backend) throws {
        let fixture = try PipelineFixture("xl-runs/\(name)")
        let result = try pipeline(model("xl"), on: backend)(fixture.request, on: backend)
        expectClose(result.latents, fixture.latents, Tolerances.latents, "\(name), latents")
        expectClose(result.pixels, fixture.image, Tolerances.image, "\(name), image")
        #expect(result.warnings.isEmpty)
    }
}
