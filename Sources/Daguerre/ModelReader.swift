import DaguerreCheckpoints
import DaguerreModels
import DaguerrePipelines
import DaguerreSampling
import DaguerreTensors
import DaguerreTokenizers

/// Builds the parts of a diffusers folder on any backend: on the Meter for a dry run, on another for use.
struct ModelReader: Sendable {
    let files: any ModelFiles
    let index: ModelIndex
    let unet: UNetConfiguration
    let autoencoder: AutoencoderConfiguration
    let text: CLIPTextConfiguration
    let hasTextProjection: Bool
    let sampler: SamplerConfiguration
    let defaults: GenerationDefaults

    /// Reads every configuration, and no weight.
    ///
    /// - Throws: `CheckpointError`, `ModelError`, `SamplingError` naming file and field.
    init(_ files: any ModelFiles) throws {
        self.files = files
        index = try ModelIndex(of: files)
        try index.requirePipeline(["StableDiffusionPipeline"])
        _ = try index.requireComponent("unet", ["UNet2DConditionModel"])
        _ = try index.requireComponent("vae", ["AutoencoderKL"])
        _ = try index.requireComponent("tokenizer", ["CLIPTokenizer", "CLIPTokenizerFast"])
        let textClass = try index.requireComponent("text_encoder", ["CLIPTextModel", "CLIPTextModelWithProjection"])
        hasTextProjection = textClass == "CLIPTextModelWithProjection"
        _ = try index.requireComponent("scheduler", SamplerKind.allCases.map(\.className))

        unet = try files.decode(UNetConfiguration.self, file: "unet/config.json")
        autoencoder = try files.decode(AutoencoderConfiguration.self, file: "vae/config.json")
        text = try files.decode(CLIPTextConfiguration.self, file: "text_encoder/config.json")
        let schedule = "scheduler/scheduler_config.json"
        guard let json = try files.bytes(schedule) else {
            throw CheckpointError.unreadable(file: schedule, reason: "there is no such file in \(files.name)")
        }
        sampler = try SamplerConfiguration(json: json, file: schedule).asStableDiffusionPipelineRuns()
        defaults = try files.decodeIfPresent(GenerationDefaults.self, file: "daguerre.json") ?? GenerationDefaults()
    }

    /// Builds every part on `backend`; a tokenizer that was read before need not be read again.
    ///
    /// - Throws: `CheckpointError.unusable` listing all keys that are missing, misshapen or unread.
    func model(on backend: any Backend, tokenizer: CLIPTokenizer? = nil) throws -> DiffusionModel {
        let textEncoder = try build("text_encoder", base: "model", on: backend) {
            try CLIPTextEncoder(text, hasProjection: hasTextProjection, from: $0)
        }
        let unet = try build("unet", on: backend) { try UNet(self.unet, from: $0) }
        return try DiffusionModel(
            tokenizer: try tokenizer ?? self.tokenizer(), textEncoder: textEncoder, unet: unet,
            autoencoder: try autoencoder(on: backend), sampler: sampler)
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

    /// Reads the vocabulary.
    func tokenizer() throws -> CLIPTokenizer {
        let configuration = try files.bytes("tokenizer/tokenizer_config.json")
        let special = try files.bytes("tokenizer/special_tokens_map.json")
        if let vocabulary = try files.bytes("tokenizer/vocab.json"),
            let merges = try files.bytes("tokenizer/merges.txt")
        {
            return try CLIPTokenizer(
                vocabulary: vocabulary, merges: merges, configuration: configuration, specialTokens: special)
        }
        // transformers 5 writes one file in place of the two.
        guard let tokenizer = try files.bytes("tokenizer/tokenizer.json") else {
            throw CheckpointError.unreadable(
                file: "tokenizer", reason: "it has neither vocab.json with merges.txt nor tokenizer.json")
        }
        return try CLIPTokenizer(tokenizer: tokenizer, configuration: configuration, specialTokens: special)
    }
}
