import DaguerreCPU
import DaguerreMeter
import DaguerrePipelines
import DaguerreSampling
import DaguerreTensors
import TestSupport
import Testing

/// Whole pipelines under every sampler that a person may name; that the samplers are right is tested where they are.
@Suite struct NamedSamplerTests {
    private let backend: CPUBackend

    init() throws {
        backend = try CPUBackend(precision: .float32, threads: 1)
    }

    private func request(_ name: SamplerName, _ fixture: String) throws -> DiffusionRequest {
        var request = try PipelineFixture(fixture).request
        request.count = 1
        request.steps = 4
        request.sampler = try request.sampler.replacing(sampler: name, schedule: nil)
        return request
    }

    @Test(arguments: SamplerName.allCases)
    func everySamplerDrawsAPicture(_ name: SamplerName) throws {
        let request = try request(name, "runs/euler")
        let drawing = try pipeline(tinyModel(), on: backend)
        var last = -1
        let result = try drawing(request, on: backend) {
            guard case .step(let step, _) = $0 else { return }
            #expect(step.index == last + 1 && step.count > step.index && step.share < 1)
            last = step.index
        }
        #expect(last >= 3)
        let isFinite = result.latents.floats.allSatisfy { $0.isFinite }
        #expect(isFinite)
        let meter = MeterBackend(precision: .float32)
        try pipeline(tinyModel(), on: meter).rehearse([request], on: meter)
    }

    /// Inpainting puts the original back at levels that only the run itself knows; SDXL has more in its time states.
    @Test func anAdaptiveRunInpaintsAndKnowsSizes() throws {
        let inpainting = try request(.dpmAdaptive, "editing/inpaint-euler")
        let result = try pipeline(tinyModel(), on: backend)(inpainting, on: backend)
        let xl = try pipeline(model("xl"), on: backend)(request(.dpmAdaptive, "xl-runs/sizes"), on: backend)
        let isFinite = (result.latents.floats + xl.latents.floats).allSatisfy { $0.isFinite }
        #expect(isFinite)
    }

    /// With guidance of scale 1, what it says without the prompt is all that CFG++ noises with, so it is computed.
    @Test func guidancePlusPlusLooksAtBothPromptsAtAnyScale() throws {
        var request = try request(.eulerGuidedPlusPlus, "runs/euler")
        request.guidance = 1
        let drawing = try pipeline(tinyModel(), on: backend)
        let first = try drawing(request, on: backend).latents.floats
        request.negativePrompt = "a blue car"
        #expect(try drawing(request, on: backend).latents.floats != first)
        request.sampler = try request.sampler.replacing(sampler: .euler, schedule: nil)
        let plain = try drawing(request, on: backend).latents.floats
        request.negativePrompt = ""
        #expect(try drawing(request, on: backend).latents.floats == plain)
    }
}
