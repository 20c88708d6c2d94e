import DaguerreCPU
import DaguerreCheckpoints
import DaguerreModels
import DaguerrePipelines
import DaguerrePixels
import DaguerreReference
import DaguerreTensors
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/pipelines_controls.py, diffusers 0.42.1 in float32.
@Suite struct ControlledRunTests {
    /// `part` and `two` have a say at some of the steps; `guess` is diffusers' mode, `unguided` has no negative prompt.
    @Test(arguments: ["balanced", "part", "guess", "unguided", "two", "t2i", "ip"])
    func everyRunDrawsWhatDiffusersDraws(_ name: String) throws {
        try expectParity(name, on: CPUBackend(precision: .float32, threads: 2))
    }

    @Test func referenceBackendDrawsWhatDiffusersDraws() throws {
        try expectParity("two", on: ReferenceBackend())
    }

    @Test func aControlThatNoStepHearsOfLeavesThePictureAsItIs() throws {
        let run = try Run("balanced", on: CPUBackend(precision: .float32, threads: 2))
        var request = run.fixture.request
        let plain = try run.pipeline(request, on: run.backend).latents
        request.controls = try [
            run.control(weight: 0, start: 0, end: 1), run.control(weight: 1, start: 0.3, end: 0.3),
        ]
        expectClose(try run.pipeline(request, on: run.backend).latents, plain, .exact)
        request.controls = [try run.control(weight: 1, start: 0, end: 1)]
        #expect(try run.pipeline(request, on: run.backend).latents.floats != plain.floats)
    }

    private func expectParity(_ name: String, on backend: any Backend) throws {
        let run = try Run(name, on: backend)
        let result = try run.pipeline(run.controlledRequest(), on: backend)
        expectClose(result.latents, run.fixture.latents, Tolerances.latents, "\(name), latents")
        expectClose(result.pixels, run.fixture.image, Tolerances.image, "\(name), image")
    }
}

/// One run of diffusers with a control.
private struct Run {
    let fixture: PipelineFixture
    let backend: any Backend
    let pipeline: DiffusionPipeline
    private let name: String
    private let told: Told
    private let picture: HostTensor

    /// What the network was told.
    private struct Told: Decodable {
        let weight, start, end: Double
        let other_weight, other_start, other_end: Double?
    }

    private struct Record: Decodable {
        let control: Told
    }

    init(_ name: String, on backend: any Backend) throws {
        self.name = name
        self.backend = backend
        fixture = try PipelineFixture("controls/\(name)")
        pipeline = try PipelinesTests.pipeline(tinyModel(), on: backend)
        told = try model("controls/\(name)").decode(Record.self, file: "run.json").control
        picture = try Fixture("pipelines/controls/\(name)/expected")["picture"]
    }

    private var unet: UNetConfiguration {
        get throws { try tinyModel().decode(UNetConfiguration.self, file: "unet/config.json") }
    }

    /// The picture as it is, or its negative.
    func control(
        weight: Double, mode: ControlMode = .balanced, start: Double, end: Double, isTurned: Bool = false
    ) throws -> ControlUse {
        let source = try ControlSource(path: Fixture.path("pipelines/controls/controlnet"))
        return use(
            .controlNet(try source.controlNet(for: unet, on: backend)), weight: weight, mode: mode, start: start,
            end: end, isTurned: isTurned)
    }

    private func use(
        _ network: ControlUse.Network, weight: Double, mode: ControlMode = .balanced, start: Double, end: Double,
        isTurned: Bool = false
    ) -> ControlUse {
        let values = picture.floats.map { (isTurned ? 255 - $0 : $0) / 255 }
        let shown = HostTensor(values, shape: Shape([1] + picture.shape.extents))
        return ControlUse(network, weight: weight, mode: mode, start: start, end: end) { _ in shown }
    }

    func controlledRequest() throws -> DiffusionRequest {
        var request = fixture.request
        switch name {
        case "ip":
            let vision = try VisionSource<CLIPVisionConfiguration>(path: Fixture.path("pictures/vision-a"))
            let source = try ControlSource(
                path: Fixture.path("pipelines/controls/ip-adapter/ip-adapter.safetensors"))
            let adapter = try source.ipAdapter(for: unet, encoder: vision.configuration, on: backend)
            let image = Image(
                width: picture.shape[1], height: picture.shape[0],
                pixels: picture.withUnsafeBytes { [UInt8]($0) })
            request.imagePrompts = [
                ImagePromptUse(
                    adapter, seenBy: try vision.encoder(on: backend), pictures: vision.usedPreparation(image),
                    scale: .uniform(told.weight))
            ]
        case "t2i":
            let source = try ControlSource(path: Fixture.path("pipelines/controls/t2i-adapter"))
            let network = ControlUse.Network.t2iAdapter(try source.t2iAdapter(for: unet, on: backend))
            request.controls = [use(network, weight: told.weight, start: told.start, end: told.end)]
        default:
            request.controls = [
                try control(
                    weight: told.weight, mode: name == "guess" ? .guess : .balanced, start: told.start, end: told.end)
            ]
            if let weight = told.other_weight, let start = told.other_start, let end = told.other_end {
                request.controls.append(try control(weight: weight, start: start, end: end, isTurned: true))
            }
        }
        return request
    }
}
