import DaguerreCheckpoints
import DaguerreModels
import DaguerrePipelines
import DaguerrePixels
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
    let request: DiffusionRequest

    private struct Run: Decodable {
        let prompt, negative_prompt: String
        let seed: UInt64
        let steps, width, height, count: Int
        let guidance, guidance_rescale: Double
        let conditions: Conditions?
        let strength, refiner_start: Double?
    }

    /// Heights before widths, as diffusers has them.
    private struct Conditions: Decodable {
        let original, crop, target: [Int]
    }

    /// `name` is a folder of `Tests/Fixtures/pipelines`: `runs/euler`; `sampler` stands in where it has no own.
    init(_ name: String, sampler: SamplerConfiguration? = nil) throws {
        let folder = try DiskModelFolder(path: Fixture.path("pipelines/\(name)"))
        let run = try folder.decode(Run.self, file: "run.json")
        var request = DiffusionRequest(
            prompt: run.prompt, seed: run.seed, steps: run.steps, guidance: run.guidance, width: run.width,
            height: run.height,
            sampler: try sampler ?? samplerConfiguration(folder, overwritten: !name.contains("xl-")),
            random: .torch)
        request.negativePrompt = run.negative_prompt
        request.guidanceRescale = run.guidance_rescale
        request.count = run.count
        if let conditions = run.conditions {
            func extent(_ pair: [Int]) -> PixelSize { .init(width: pair[1], height: pair[0]) }
            request.conditions.originalSize = extent(conditions.original)
            request.conditions.crop = extent(conditions.crop)
            request.conditions.targetSize = extent(conditions.target)
        }
        request.refinerStart = run.refiner_start ?? 1
        let expected = try Fixture("pipelines/\(name)/expected")
        if let strength = run.strength {
            let picture = Image(
                width: run.width, height: run.height, pixels: try expected["picture"].floats.map { UInt8($0) })
            request.start = ImageStart(picture, entry: .strength(strength))
            if name.contains("inpaint") {
                request.start?.inpainting = .init(
                    mask: Image(
                        width: run.width, height: run.height, channels: .grey,
                        pixels: try expected["mask"].floats.map { UInt8($0) }))
            }
        }
        self.request = request
        latents = try expected["latents"]
        image = try expected["image"]
    }
}

/// The model in `Tests/Fixtures/pipelines/<name>`.
func model(_ name: String) throws -> DiskModelFolder {
    try DiskModelFolder(path: Fixture.path("pipelines/\(name)"))
}

/// The model in `Tests/Fixtures/pipelines/tiny`.
func tinyModel() throws -> DiskModelFolder { try model("tiny") }

/// The model in `Models/builtin`.
func builtinModel() throws -> DiskModelFolder {
    try DiskModelFolder(path: Fixture.path("../../Models/builtin"))
}

/// The `scheduler_config.json` in `component` of `folder`.
///
/// `overwritten`: as the pipeline of SD 1.x and 2.x changes it.
func samplerConfiguration(
    _ folder: DiskModelFolder, _ component: String = "", overwritten: Bool = true
) throws -> SamplerConfiguration {
    let name = (component.isEmpty ? "" : component + "/") + "scheduler_config.json"
    let configuration = try SamplerConfiguration(json: folder.bytes(name) ?? [], file: name)
    return overwritten ? configuration.asStableDiffusionPipelineRuns() : configuration
}

/// The pipeline over all parts of `folder` on `backend`.
func pipeline(_ folder: DiskModelFolder, on backend: any Backend) throws -> DiffusionPipeline {
    let model = try diffusionModel(folder, on: backend)
    return DiffusionPipeline(model) { (model.autoencoder, backend) }
}

/// All parts of `folder` on `backend`; `autoencoder` and `unetFolder` stand in for the folder's own.
func diffusionModel(
    _ folder: DiskModelFolder, on backend: any Backend, autoencoder: Autoencoder? = nil,
    unetFolder: DiskModelFolder? = nil
) throws -> DiffusionModel {
    // An inpainting model's fixture is its UNet only.
    let unetFolder = unetFolder ?? folder
    let unet = try unetFolder.decode(UNetConfiguration.self, file: "unet/config.json")
    // SDXL's refiner has the second encoder only.
    let suffixes = try ["", "_2"].filter { try folder.bytes("text_encoder\($0)/config.json") != nil }
    let isXL = unet.addition != nil
    let sampler = try samplerConfiguration(folder, "scheduler", overwritten: !isXL)
    return try DiffusionModel(
        text: TextStack(
            suffixes.map { try textPart(folder, $0, on: backend) }, layer: isXL ? .penultimate : .last),
        unet: try buildModel(of: unetFolder, "unet", on: backend) { try UNet(unet, from: $0) },
        autoencoder: try autoencoder ?? builtAutoencoder(folder, on: backend), sampler: sampler,
        zeroesEmptyNegative: isXL)
}

/// The text encoder and the tokenizer of `folder` whose names end in `suffix`.
func textPart(_ folder: DiskModelFolder, _ suffix: String, on backend: any Backend) throws -> TextStack.Part {
    let (component, tokenizer) = ("text_encoder" + suffix, "tokenizer" + suffix)
    let configuration = try folder.decode(CLIPTextConfiguration.self, file: component + "/config.json")
    let store = try folder.weights(of: component, base: "model")
    return TextStack.Part(
        tokenizer: try CLIPTokenizer(
            vocabulary: folder.bytes(tokenizer + "/vocab.json") ?? [],
            merges: folder.bytes(tokenizer + "/merges.txt") ?? [],
            configuration: folder.bytes(tokenizer + "/tokenizer_config.json"),
            specialTokens: folder.bytes(tokenizer + "/special_tokens_map.json")),
        encoder: try buildModel(of: folder, component, base: "model", on: backend) {
            try CLIPTextEncoder(
                configuration, hasProjection: store.keys.contains("text_projection.weight"), from: $0)
        })
}

/// The autoencoder of `folder` on `backend`.
func builtAutoencoder(_ folder: DiskModelFolder, on backend: any Backend) throws -> Autoencoder {
    let configuration = try folder.decode(AutoencoderConfiguration.self, file: "vae/config.json")
    return try buildModel(of: folder, "vae", on: backend) { try Autoencoder(configuration, from: $0) }
}

extension DiffusionPipeline.Result {
    /// The images as one tensor of 0 to 255, `[N, H, W, 3]`.
    var pixels: HostTensor {
        let values = images.flatMap { $0.pixels.map(Float.init) }
        return HostTensor(values, shape: [images.count, images.first?.height ?? 0, images.first?.width ?? 0, 3])
    }
}
