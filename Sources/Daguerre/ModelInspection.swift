public import DaguerreCheckpoints
import DaguerreMeter
import DaguerreModels
public import DaguerrePipelines
public import DaguerreSampling
public import DaguerreTensors

/// What a model's folder or file holds and what is missing, found without loading it.
public struct ModelInspection: Sendable {
    /// A part of the model that has weights of its own.
    public struct Component: Sendable {
        /// The folder: `unet`.
        public let name: String
        /// The class that it was saved by, empty where the index has none.
        public let className: String
        /// The safetensors files that the weights are in.
        public let files: [String]
        /// Numbers in the weights, by the type they are stored as.
        public let parameterCounts: [ElementType: Int]
        /// Bytes of its tensors.
        public let byteCount: Int

        /// Numbers in the weights.
        public var parameterCount: Int { parameterCounts.values.reduce(0, +) }
    }

    /// The base name of the folder or file.
    public let name: String
    /// How it is stored: `folder` in diffusers' layout, or `file` in latent diffusion's.
    public let layout: String
    /// How it is known what the denoiser predicts, of a checkpoint of one file: `tensor "v_pred"`.
    public let predictionSource: String?
    /// The texts beside the tensors of a checkpoint of one file.
    public let metadata: [String: String]
    /// What the model is descended from: `Stable Diffusion 1.x`.
    public let family: String
    /// Text encoder, UNet and autoencoder, those of them that can be read.
    public let components: [Component]
    /// Pixels that it was trained on, if it can be used.
    public let width, height: Int?
    /// What `scheduler_config.json` says, if it can be used.
    public let sampler: SamplerConfiguration?
    /// What `daguerre.json` says.
    public let defaults: GenerationDefaults
    /// 64 hexadecimal digits, if every file can be read.
    public let digest: String?
    /// What keeps the model from being used, a line each; none if it can be loaded.
    public let problems: [String]

    /// Looks into the model that lies in the binary.
    public static func builtin() -> ModelInspection { ModelInspection(builtinModelFiles(), EngineOptions()) }

    /// Looks into the diffusers folder or the checkpoint of one file at `path`.
    ///
    /// - Throws: `CheckpointError` if there is no such folder, or no checkpoint that can be read; anything else is one
    ///   of the ``problems``.
    public init(at path: String, options: EngineOptions = EngineOptions()) throws(CheckpointError) {
        self.init(try ModelLocation(path).files(options), options)
    }

    private init(_ files: any ModelFiles, _ options: EngineOptions) {
        var problems: [String] = []
        func attempt<R>(_ body: () throws -> R) -> R? {
            do {
                return try body()
            } catch {
                let line = "\(error)"
                if !problems.contains(line) { problems.append(line) }
                return nil
            }
        }
        name = files.name
        let single = files as? SingleFileModel
        layout = single == nil ? "folder" : "file"
        predictionSource = single?.prediction.source
        metadata = single?.metadata ?? [:]
        let index = attempt { try ModelIndex(of: files) }
        let reader = index == nil ? nil : attempt { try ModelReader(files, prediction: options.prediction) }
        let text = reader?.text.map(\.component) ?? ["text_encoder"]
        components = (text.map { ($0, "model") } + [("unet", Self.diffusersBase), ("vae", Self.diffusersBase)])
            .compactMap { name, base in
                attempt {
                    Component(
                        name: name, className: index?.components[name]?.className ?? "",
                        weights: try files.weights(of: name, base: base))
                }
            }
        let model = reader.flatMap { reader in
            attempt { try reader.model(on: MeterBackend(precision: .float32)) }
        }
        let inpainting = model?.isInpainting == true ? ", inpainting" : ""
        family = model.map { $0.family.title + inpainting } ?? index?.className ?? "unknown"
        let side = reader?.side
        width = reader?.defaults.width ?? side
        height = reader?.defaults.height ?? side
        sampler = reader?.sampler
        defaults = reader?.defaults ?? GenerationDefaults()
        digest = attempt { try files.digest() }
        self.problems = problems
    }

    private static let diffusersBase = "diffusion_pytorch_model"
}

extension ModelInspection.Component {
    fileprivate init(name: String, className: String, weights: WeightStore) {
        self.name = name
        self.className = className
        files = weights.files.map(\.name)
        byteCount = weights.byteCount
        parameterCounts = weights.entries.reduce(into: [:]) {
            $0[$1.elementType, default: 0] += $1.shape.elementCount
        }
    }
}
