import DaguerreCPU
import DaguerrePipelines
import DaguerrePixels
import DaguerreReference
import DaguerreSampling
import DaguerreTensors
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/pipelines_editing.py.
@Suite struct EditingTests {
    private let backend: CPUBackend
    private let pipeline: DiffusionPipeline

    init() throws {
        backend = try CPUBackend(precision: .float32, threads: 2)
        pipeline = try PipelinesTests.pipeline(tinyModel(), on: backend)
    }

    @Test(arguments: [
        "image-euler", "image-euler-ancestral", "image-ddim", "image-dpmpp-2m-karras", "inpaint-euler",
        "inpaint-ddim-whole",
    ])
    func everyRunDrawsWhatDiffusersDraws(_ name: String) throws {
        try expectParity(name, pipeline, on: backend)
    }

    @Test(arguments: ["inpainting-model-euler", "inpainting-model-whole"])
    func anInpaintingModelDrawsWhatDiffusersDraws(_ name: String) throws {
        let model = try diffusionModel(tinyModel(), on: backend, unetFolder: model("inpainting"))
        try expectParity(name, DiffusionPipeline(model) { (model.autoencoder, backend) }, on: backend)
    }

    @Test func referenceBackendDrawsWhatDiffusersDraws() throws {
        let reference = ReferenceBackend()
        try expectParity("inpaint-euler", PipelinesTests.pipeline(tinyModel(), on: reference), on: reference)
    }

    @Test func whatIsNotCoveredStaysAsItWas() throws {
        let request = try PipelineFixture("editing/inpaint-euler").request
        let latents = try pipeline(request, on: backend).latents
        var untouched = request
        untouched.start?.inpainting?.mask = Image(
            width: request.width, height: request.height, channels: .grey, filledWith: [0])
        untouched.prompt = "a rocket"
        let kept = try pipeline(untouched, on: backend).latents
        let mask = try #require(request.start?.inpainting?.mask)
        let (a, b) = (latents.floats, kept.floats)
        let area = latents.shape[2] * latents.shape[3]
        for index in a.indices {
            let (row, column) = (index % area / latents.shape[3], index % latents.shape[3])
            if mask.pixels[row * 8 * mask.width + column * 8] < 128 { #expect(a[index] == b[index]) }
        }
    }

    @Test(arguments: ImageStart.Inpainting.Content.allCases)
    func whatTheMaskedPartBeginsWithMatters(_ content: ImageStart.Inpainting.Content) throws {
        var request = try PipelineFixture("editing/inpaint-euler").request
        let usual = try pipeline(request, on: backend).latents
        request.start?.inpainting?.content = content
        let difference = Difference(try pipeline(request, on: backend).latents, usual, .relativeL2(1e-4))
        #expect(difference.isWithinTolerance == (content == .picture))
    }

    @Test func anInpaintingModelDrawsWithoutAPictureToo() throws {
        let model = try diffusionModel(tinyModel(), on: backend, unetFolder: model("inpainting"))
        let inpainting = DiffusionPipeline(model) { (model.autoencoder, backend) }
        var request = try PipelineFixture("editing/inpainting-model-whole").request
        request.count = 1
        let covered = try inpainting(request, on: backend).latents
        request.start = nil
        let free = try inpainting(request, on: backend).latents
        #expect(free.floats.allSatisfy { $0.isFinite })
        #expect(!Difference(free, covered, .relativeL2(1e-3)).isWithinTolerance)
    }

    @Test func aPictureOfAnotherSizeIsRefusedByName() throws {
        var request = try PipelineFixture("editing/image-euler").request
        request.width += 8
        let error = #expect(throws: PipelineError.self) { try pipeline(request, on: backend) }
        #expect(error?.description.contains("picture to begin with is 64×48, expected 72×48") == true)
    }

    private func expectParity(_ name: String, _ pipeline: DiffusionPipeline, on backend: any Backend) throws {
        let fixture = try PipelineFixture("editing/\(name)")
        let result = try pipeline(fixture.request, on: backend)
        expectClose(result.latents, fixture.latents, Tolerances.latents, "\(name), latents")
        expectClose(result.pixels, fixture.image, Tolerances.image, "\(name), image")
    }
}
