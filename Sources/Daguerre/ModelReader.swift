import DaguerreAdapters
import DaguerreCheckpoints
import DaguerreModels
import DaguerrePipelines
import DaguerreSampling
import DaguerreTensors
import DaguerreTokenizers

/// Builds the parts of a diffusers folder, or of what is seen as one, on any backend: on the Meter for a dry run, on another for use.
struct ModelReader: Sendable {
    /// A text encoder and the folders of its weights and its vocabulary.
    struct TextPart: Sendable {
        let component, tokenizer: String
        let configuration: CLIPTextConfiguration
        let hasProjection: Bool
    }

    let files: any ModelFiles
    let index: ModelIndex
    let unet: UNetConfiguration
    let autoencoder: AutoencoderConfiguration
    let text: [TextPart]
    let sampler: SamplerConfiguration
    let defaults: GenerationDefaults

    private static let pipelines = [
        "StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline", "StableDiffusionInpaintPipeline",
        "StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline", "StableDiffusionXLInpaintPipeline",
        "LatentConsistencyModelPipeline",
    ]

    /// Reads every configuration, and no weight.
    ///
    /// - Throws: `CheckpointError`, `ModelError`, `SamplingError` naming file and field.
    init(_ files: any ModelFiles, prediction: SingleFilePrediction.Kind? = nil) throws {
        self.files = files
        index = try ModelIndex(of: files)
        try index.requirePipeline(Self.pipelines)
        _ = try index.requireComponent("unet", ["UNet2DConditionModel"])
        _ = try index.requireComponent("vae", ["AutoencoderKL"])
        _ = try index.requireComponent("scheduler", SamplerKind.allCases.map(\.className))

        unet = try files.decode(UNetConfiguration.self, file: "unet/config.json")
        autoencoder = try files.decode(AutoencoderConfiguration.self, file: "vae/config.json")
        text = try Self.textParts(files, index)
        let schedule = "scheduler/scheduler_config.json"
        guard let json = try files.bytes(schedule) else {
            throw CheckpointError.unreadable(file: schedule, reason: "there is no such file in \(files.name)")
        }
        var sampler = try SamplerConfiguration(json: json, file: schedule)
        if let prediction { sampler = try sampler.predicting(prediction.type) }
        self.sampler = unet.addition == nil ? sampler.asStableDiffusionPipelineRuns() : sampler
        defaults = try files.decodeIfPresent(GenerationDefaults.self, file: "daguerre.json") ?? GenerationDefaults()
    }

    /// The encoders that the index lists: SDXL's refiner has the second only.
    private static func textParts(_ files: any ModelFiles, _ index: ModelIndex) throws -> [TextPart] {
        let suffixes = ["", "_2"].filter { index.components["text_encoder" + $0] != nil }
        return try (suffixes.isEmpty ? [""] : suffixes).map { suffix in
            let (component, tokenizer) = ("text_encoder" + suffix, "tokenizer" + suffix)
            let name = try index.requireComponent(component, ["CLIPTextModel", "CLIPTextModelWithProjection"])
            _ = try index.requireComponent(tokenizer, ["CLIPTokenizer", "CLIPTokenizerFast"])
            return TextPart(
                component: component, tokenizer: tokenizer,
                configuration: try files.decode(CLIPTextConfiguration.self, file: component + "/config.json"),
                hasProjection: name == "CLIPTextModelWithProjection")
        }
    }

    /// `sampler` as the pipeline of this family runs it: that of SD 1.x and 2.x overwrites two fields.
    func pipelineSampler(_ sampler: SamplerConfiguration) -> SamplerConfiguration {
        guard unet.addition != nil else { return sampler.asStableDiffusionPipelineRuns() }
        var sampler = sampler
        sampler.alignedSteps = .stableDiffusionXL
        return sampler
    }

    /// Pixels on each side of the pictures that the model was trained on.
    var side: Int { (unet.sampleSize ?? (unet.addition == nil ? 64 : 128)) * autoencoder.scale }

    /// Builds every part on `backend`; tokenizers that were read before need not be read again.
    ///
    /// - Throws: `CheckpointError.unusable` listing all keys that are missing, misshapen or unread.
    func model(on backend: any Backend, tokenizers: [CLIPTokenizer]? = nil) throws -> DiffusionModel {
        let encoders = try text.map { part in
            try build(part.component, base: "model", on: backend) {
                try CLIPTextEncoder(part.configuration, hasProjection: part.hasProjection, from: $0)
            }
        }
        let unet = try build("unet", on: backend) { try UNet(self.unet, from: $0) }
        let parts = try zip(tokenizers ?? self.tokenizers(), encoders).map(TextStack.Part.init(tokenizer:encoder:))
        return try DiffusionModel(
            text: TextStack(parts, layer: self.unet.addition == nil ? .last : .penultimate), unet: unet,
            autoencoder: try autoencoder(on: backend), sampler: sampler,
            zeroesEmptyNegative: index.flags["force_zeros_for_empty_prompt"] ?? (self.unet.addition != nil))
    }

    /// The layers that adapters may change.
    func adapterTarget() throws -> AdapterTarget {
        func store(_ component: String) throws -> WeightStore? {
            try text.contains { $0.component == component } ? files.weights(of: component, base: "model") : nil
        }
        return AdapterTarget(
            unet: try files.weights(of: "unet"), textEncoder: try store("text_encoder"),
            textEncoder2: try store("text_encoder_2"))
    }

    /// Builds the autoencoder alone.
    func autoencoder(on backend: any Backend) throws -> Autoencoder {
        try build("vae", on: backend) { try Autoencoder(autoencoder, from: $0) }
    }

    private func build<Part>(
        _ component: String, base: String = "diffusion_pytorch_model", on backend: any Backend,
        _ make: (WeightScope) throws -> Part
    ) throws -> Part {
        let store = try files.weights(of: component, base: base)
        let ledger = WeightLedger(store, file: component)
        // transformers 4 saves this table of 0, 1, 2, …; transformers 5 does not.
        ledger.ignore { $0.hasSuffix("position_ids") }
        let part = try make(WeightScope(ledger, backend: backend))
        try ledger.verify()
        store.dropPages()
        return part
    }

    /// Reads each encoder's vocabulary.
    func tokenizers() throws -> [CLIPTokenizer] { try text.map { try tokenizer($0.tokenizer) } }

    private func tokenizer(_ folder: String) throws -> CLIPTokenizer {
        let configuration = try files.bytes(folder + "/tokenizer_config.json")
        let special = try files.bytes(folder + "/special_tokens_map.json")
        if let vocabulary = try files.bytes(folder + "/vocab.json"),
            let merges = try files.bytes(folder + "/merges.txt")
        {
            return try CLIPTokenizer(
                vocabulary: vocabulary, merges: merges, configuration: configuration, specialTokens: special)
        }
        // transformers 5 writes one file in place of the two.
        guard let tokenizer = try files.bytes(folder + "/tokenizer.json") else {
            throw CheckpointError.unreadable(
                file: folder, reason: "it has neither vocab.json with merges.txt nor tokenizer.json")
        }
        return try CLIPTokenizer(tokenizer: tokenizer, configuration: configuration, specialTokens: special)
    }
}

extension SingleFilePrediction.Kind {
    /// What samplers call it.
    var type: PredictionType { self == .epsilon ? .epsilon : .vPrediction }
}
