import DaguerreCPU
import DaguerrePipelines
import DaguerreTensors
import TestSupport
import Testing

/// Whole runs of prompts that are long, weighted, edited or combined.
///
/// Fixtures: scripts/fixtures/pipelines_prompts.py, diffusers 0.42.1 in float32, given other states between two steps.
@Suite struct PromptRunTests {
    @Test(arguments: [
        "long", "edit", "negative-edit", "alternation", "heun-edit", "xl-edit", "parts", "parts-no-guidance",
    ])
    func aRunIsTheReferences(name: String) throws {
        let isXL = name.hasPrefix("xl")
        let fixture = try PipelineFixture("prompt-runs/\(name)")
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let result = try pipeline(model(isXL ? "xl" : "tiny"), on: backend)(fixture.request, on: backend)
        expectClose(result.latents, fixture.latents, Tolerances.latents)
        expectClose(result.pixels, fixture.image, Tolerances.image)
        #expect(result.warnings.isEmpty)
    }

    /// The second pass has times of its own: 1.5 is half of it, and 0.5 was over before.
    @Test func aSecondPassGoesOnWithThePrompt() throws {
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let pipeline = try PipelinesTests.pipeline(tinyModel(), on: backend)
        var request = try PipelineFixture("prompt-runs/edit").request
        request.hires = HiresPass(
            size: PixelSize(width: 96, height: 72), enlargement: .latents(LatentFilter(.bilinear)), strength: 1)
        let draw = { (prompt: String) in
            request.prompt = prompt
            return try pipeline(request, on: backend).latents.floats
        }
        let edited = try draw("a [red apple:blue car:0.5]")
        #expect(try draw("a [red apple:[blue car:dog:2.0]:0.5]") == edited)
        #expect(try draw("a [red apple:[blue car:dog:1.5]:0.5]") != edited)
        #expect(try draw("a [red apple:[blue car:dog:15]:5]") == draw("a [red apple:[blue car:dog:1.5]:0.5]"))
    }

    /// A part of the prompt's steps that the refiner does is the refiner's.
    @Test func aRefinerGoesOnWithThePrompt() throws {
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let base = try diffusionModel(model("xl"), on: backend)
        let refiner = try diffusionModel(model("xl-refiner"), on: backend)
        let pipeline = DiffusionPipeline(base, refiner: refiner) { (base.autoencoder, backend) }
        var request = try PipelineFixture("xl-runs/refined").request
        request.refinerStart = 0.6
        let draw = { (prompt: String) in
            request.prompt = prompt
            return try pipeline(request, on: backend).latents.floats
        }
        // The base does the first six of ten steps.
        let apple = try draw("a red apple")
        #expect(try draw("[a red apple:a blue car:10]") == apple)
        #expect(try draw("[a red apple:a blue car:8]") != apple)
        #expect(try draw("[a red apple:a red apple:6]") == apple)
        #expect(try draw("[a red apple:a blue car:6]") != draw("[a red apple:a blue car:7]"))
    }
}
