import DaguerreCPU
import DaguerreModels
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

    @Test func theRefinerGoesOnWhereTheBaseLeaves() throws {
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let fixture = try PipelineFixture("xl-runs/refined")
        let base = try diffusionModel(model("xl"), on: backend)
        let refiner = try diffusionModel(model("xl-refiner"), on: backend)
        #expect(base.family == .stableDiffusionXL)
        #expect(refiner.family == .stableDiffusionXLRefiner)
        // diffusers decodes with the refiner's autoencoder, whose latents are the base's in every real checkpoint.
        let pipeline = DiffusionPipeline(base, refiner: refiner) { (base.autoencoder, backend) }
        let result = try pipeline(fixture.request, on: backend)
        expectClose(result.latents, fixture.latents, Tolerances.latents)
    }

    @Test func aRefinerOfAnotherFamilyIsRefused() throws {
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let base = try diffusionModel(model("xl"), on: backend)
        let refiner = try diffusionModel(tinyModel(), on: backend)
        let request = try PipelineFixture("xl-runs/refined").request
        let error = #expect(throws: PipelineError.self) {
            try DiffusionPipeline(base, refiner: refiner) { (base.autoencoder, backend) }(request, on: backend)
        }
        #expect(error?.description.contains("refiner is Stable Diffusion 1.x") == true)
    }

    private func expectParity(_ name: String, on backend: any Backend) throws {
        let fixture = try PipelineFixture("xl-runs/\(name)")
        let result = try pipeline(model("xl"), on: backend)(fixture.request, on: backend)
        expectClose(result.latents, fixture.latents, Tolerances.latents, "\(name), latents")
        expectClose(result.pixels, fixture.image, Tolerances.image, "\(name), image")
        #expect(result.warnings.isEmpty)
    }
}
