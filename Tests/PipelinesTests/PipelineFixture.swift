import DaguerreCheckpoints
import DaguerreModels
import DaguerrePipelines
import DaguerreSampling
import DaguerreTensors
import DaguerreTokenizers
import TestSupport

/// One run of a whole pipeline by diffusers 0.42.1 in float32, and the same request for us.
///
/// Fixtures: scripts/fixtures/pipelines.py; one generator per image, of torch's CPU kind.
struct PipelineFixture {
    /// Latents float32 `[N, C, H/8, W/8]`.
    let latents: HostTensor
    /// Pixels uint8 `[N, H, W, 3]`.
    let image: HostTensor
    let request: TextToImage.Request

    private struct Run: Decodable {
        let prompt, negative_prompt: String
        let seed: UInt64
        let steps, width, height, count: Int
        let guidance, guidance_rescale: Double
    }

    /// `name` is a folder of `Tests/Fixtures/pipelines`: `runs/euler`; `sampler` stands in where it has no own.
    init(_ name: String, sampler: SamplerConfiguration? = nil) throws {
        let folder = try DiskModelFolder(path: Fixture.path("pipelines/\(name)"))
        let run = try folder.decode(Run.self, file: "run.json")
        var request = TextToImage.Request(
            prompt: run.prompt, seed: run.seed, steps: run.steps, guidance: run.guidance, width: run.width,
            height: run.height, sampler: try sampler ?? samplerConfiguration(folder), random: .torch)
        request.negativePrompt = run.negative_prompt
        request.guidanceRescale = run.guidance_rescale
        request.count = run.count
        self.request = request
        let expected = try Fixture("pipelines/\(name)/expected")
        latents = try expected["latents"]
        image = try expected["image"]
    }
}

/// The model in `Tests/Fixtures/pipelines/tiny`.
func tinyModel() throws -> DiskModelFolder {
    try DiskModelFolder(path: Fixture.path("pipelines/tiny"))
}

/// The model in `Models/builtin`.
func builtinModel() throws -> DiskModelFolder {
    try DiskModelFolder(path: Fixture.path("../../Models/builtin"))
}

/// The `scheduler_config.json` in `component` of `folder`.
func samplerConfiguration(_ folder: DiskModelFolder, _ component: String = "") throws -> SamplerConfiguration {
    let name = (component.isEmpty ? "" : component + "/") + "scheduler_config.json"
    return try SamplerConfiguration(json: folder.bytes(name) ?? [], file: name).asStableDiffusionPipelineRuns()
}

/// The pipeline over all parts of `folder` on `backend`.
func pipeline(_ folder: DiskModelFolder, on backend: any Backend) throws -> TextToImage {
    let model = try diffusionModel(folder, on: backend)
    return TextToImage(model) { (model.autoencoder, backend) }
}

/// All parts of `folder` on `backend`; `autoencoder` stands in for the folder's own.
func diffusionModel(
    _ folder: DiskModelFolder, on backend: any Backend, autoencoder: Autoencoder? = nil
) throws -> DiffusionModel {
    let text = try folder.decode(CLIPTextConfiguration.self, file: "text_encoder/config.json")
    let unet = try folder.decode(UNetConfiguration.self, file: "unet/config.json")
    return try DiffusionModel(
        tokenizer: try CLIPTokenizer(
            vocabulary: folder.bytes("tokenizer/vocab.json") ?? [], merges: folder.bytes("tokenizer/merges.txt") ?? [],
            configuration: folder.bytes("tokenizer/tokenizer_config.json"),
            specialTokens: folder.bytes("tokenizer/special_tokens_map.json")),
        textEncoder: try buildModel(of: folder, "text_encoder", base: "model", on: backend) {
            try CLIPTextEncoder(text, hasProjection: false, from: $0)
        },
        unet: try buildModel(of: folder, "unet", on: backend) { try UNet(unet, from: $0) },
        autoencoder: try autoencoder ?? builtAutoencoder(folder, on: backend),
        sampler: try samplerConfiguration(folder, "scheduler"))
}

/// The autoencoder of `folder` on `backend`.
func builtAutoencoder(_ folder: DiskModelFolder, on backend: any Backend) throws -> Autoencoder {
    let configuration = try folder.decode(AutoencoderConfiguration.self, file: "vae/config.json")
    return try buildModel(of: folder, "vae", on: backend) { try Autoencoder(configuration, from: $0) }
}

extension TextToImage.Result {
    /// The images as one tensor of 0 to 255, `[N, H, W, 3]`.
    var pixels: HostTensor {
        let values = images.flatMap { $0.rgb.map(Float.init) }
        return HostTensor(values, shape: [images.count, images.first?.height ?? 0, images.first?.width ?? 0, 3])
    }
}
