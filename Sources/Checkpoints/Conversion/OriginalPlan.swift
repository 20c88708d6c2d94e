public import DaguerreTensors

/// The tensors of a checkpoint of one file in latent diffusion's layout, planned from a model in diffusers'.
///
/// Source: the inverse of diffusers 0.42.1 `loaders/single_file_utils.py`, which ``OriginalViews`` follows.
public struct OriginalPlan: Sendable {
    /// Every tensor, the denoiser's first.
    public private(set) var tensors: [PlannedTensor] = []
    /// What the file has to say beside its tensors, so that it is read as the same model.
    public private(set) var metadata: [String: String] = [:]

    private let elementType: ElementType?
    private let name: String

    /// Plans the file of `model`, a folder in diffusers' layout, numbers as `elementType` if it is not nil.
    ///
    /// - Throws: ``CheckpointError``; ``CheckpointError/unsupportedLayout(file:found:expected:)`` for models that the
    ///   layout has no names for.
    public init(of model: some ModelFiles, as elementType: ElementType?) throws(CheckpointError) {
        self.elementType = elementType
        name = model.name
        let unetStore = try model.weights(of: "unet")
        let unet = TensorShapes(file: name, unetStore.entries, prefix: "")
        let layout = try UNetLayout(diffusers: unet)
        let hasFirstText = try model.bytes("text_encoder/config.json") != nil
        let isOpenCLIP = try Self.field("hidden_act", in: "text_encoder/config.json", of: model) == .string("gelu")
        let family: SingleFileFamily =
            switch (layout.additionWidth != nil, hasFirstText, isOpenCLIP) {
            case (true, true, _): .stableDiffusionXL
            case (true, false, _): .stableDiffusionXLRefiner
            case (false, _, true): .stableDiffusion2
            case (false, _, false): .stableDiffusion1
            }
        try addUNet(unetStore, unet, layout)
        try addAutoencoder(try model.weights(of: "vae"))
        for encoder in family.textEncoders {
            try addText(encoder, try model.weights(of: encoder.component, base: "model"))
        }
        metadata = unetStore.metadata.filter { $0.key != "format" }
        try describe(model, family)
    }

    private mutating func add(_ name: String, _ view: WeightView, _ store: WeightStore) {
        guard let key = view.parts.first?.key, let entry = store.entry(key) else { return }
        tensors.append(PlannedTensor(name, view, of: store, storedType: entry.elementType, as: elementType))
    }

    private func noName(_ component: String, _ key: String) -> CheckpointError {
        .unsupportedLayout(
            file: name, found: "tensor \"\(key)\" of \(component)",
            expected: "a tensor that latent diffusion's layout has a name for")
    }

    private mutating func addUNet(
        _ store: WeightStore, _ shapes: TensorShapes, _ layout: UNetLayout
    ) throws(CheckpointError) {
        let map = layout.keyMap
        for key in shapes.keys {
            guard let original = map.originalKey(key), let shape = shapes.shape(key) else { throw noName("unet", key) }
            add(SingleFileFamily.unetPrefixes[0] + original, .whole(key, as: shape), store)
        }
    }

    /// Attention is stored as kernels of one pixel; the names from before diffusers 0.15 are understood, too.
    private mutating func addAutoencoder(_ store: WeightStore) throws(CheckpointError) {
        let shapes = TensorShapes(file: name, store.entries, prefix: "")
        let map = try AutoencoderLayout(diffusers: shapes).keyMap
        for key in shapes.keys {
            var current = key
            for (old, new) in AutoencoderLayout.deprecatedAttention {
                current.replace(".attentions.0.\(old).", with: ".attentions.0.\(new).")
            }
            guard let original = map.originalKey(current), let shape = shapes.shape(key) else {
                throw noName("vae", key)
            }
            let isKernel = current.contains(".attentions.0.to_") && shape.rank == 2
            let full = isKernel ? Shape(shape.extents + [1, 1]) : shape
            add(SingleFileFamily.autoencoderPrefixes[0] + original, .whole(key, as: full), store)
        }
    }

    private mutating func addText(
        _ encoder: SingleFileFamily.TextEncoder, _ store: WeightStore
    ) throws(CheckpointError) {
        let shapes = TensorShapes(file: name, store.entries, prefix: "")
        let layout = try TextLayout(transformers: shapes)
        let isPrefixed = shapes.has("text_model.final_layer_norm.weight")
        for key in shapes.keys {
            guard let shape = shapes.shape(key) else { continue }
            let full = isPrefixed || key.hasPrefix("text_projection") ? key : "text_model." + key
            if encoder.isOpenCLIP {
                try addOpenCLIP(encoder, key, full, shape, layout.keyMap, store)
            } else {
                add(encoder.prefix + full, .whole(key, as: shape), store)
            }
        }
    }

    /// The tensor `key`, in full `full`; queries, keys and values are joined when the query is met.
    private mutating func addOpenCLIP(
        _ encoder: SingleFileFamily.TextEncoder, _ key: String, _ full: String, _ shape: Shape, _ map: ModuleMap,
        _ store: WeightStore
    ) throws(CheckpointError) {
        switch full {
        case "text_model.embeddings.position_ids": return  // 0, 1, 2, …: open CLIP has none
        case "text_model.embeddings.position_embedding.weight":
            add(encoder.prefix + "positional_embedding", .whole(key, as: shape), store)
        case "text_projection.weight":
            guard shape.rank == 2 else { throw noName(encoder.component, key) }
            add(encoder.prefix + "text_projection", .transposed(key, from: shape), store)
        case _ where full.contains(".self_attn.k_proj.") || full.contains(".self_attn.v_proj."): return
        case _ where full.contains(".self_attn.q_proj."):
            let keys = ["q", "k", "v"].map { key.replacing(".q_proj.", with: ".\($0)_proj.") }
            let entries = keys.compactMap(store.entry)
            let leaf = full.hasSuffix(".weight") ? "weight" : "bias"
            guard entries.count == 3, shape.rank > 0,
                entries.allSatisfy({ $0.shape == shape && $0.elementType == entries[0].elementType }),
                let module = map.originalKey(full)?.split(separator: ".").prefix(3).joined(separator: ".")
            else { throw noName(encoder.component, key) }
            let joined = shape.withBatch(3 * shape[0])
            add("\(encoder.prefix)\(module).attn.in_proj_\(leaf)", .joined(keys, as: joined), store)
        default:
            guard let original = map.originalKey(full) else { throw noName(encoder.component, key) }
            add(encoder.prefix + original, .whole(key, as: shape), store)
        }
    }

    /// Says what the denoiser predicts and the size it was trained on, as the folder's configurations do.
    private mutating func describe(_ model: some ModelFiles, _ family: SingleFileFamily) throws(CheckpointError) {
        let schedule = "scheduler/scheduler_config.json"
        let isVelocity = try Self.field("prediction_type", in: schedule, of: model) == .string("v_prediction")
        let hasZeroSNR = try Self.field("rescale_betas_zero_snr", in: schedule, of: model) == .bool(true)
        metadata["modelspec.prediction_type"] = isVelocity ? "v" : "epsilon"
        if case .integer(let side)? = try Self.field("sample_size", in: "unet/config.json", of: model),
            (8...1024).contains(side)
        {
            metadata["modelspec.resolution"] = "\(8 * side)x\(8 * side)"
        }
        let none = HostTensor([], shape: [0])
        if isVelocity, family.isXL { tensors.append(PlannedTensor("v_pred", none)) }
        if hasZeroSNR { tensors.append(PlannedTensor("ztsnr", none)) }
    }

    /// A field of a configuration file, or nil where there is no such file or field.
    private static func field(
        _ name: String, in file: String, of model: some ModelFiles
    ) throws(CheckpointError) -> JSONValue? {
        guard let text = try model.bytes(file) else { return nil }
        // What is wrong with the file, if anything, its reader says.
        return try? JSONText.parse(text)[name]
    }
}
