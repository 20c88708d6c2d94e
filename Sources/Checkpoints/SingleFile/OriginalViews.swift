import DaguerreTensors

/// Shows a component of a file in latent diffusion's layout under the names of diffusers and transformers.
///
/// Names that no layer has stay as they are, so that the ledger lists them as unread.
struct OriginalViews {
    private let store: WeightStore
    private let file: String
    private var views: [String: WeightView] = [:]

    private init(_ store: WeightStore, _ tensors: TensorShapes) {
        self.store = store
        file = tensors.file
    }

    /// The denoiser under `tensors.prefix` of `store`.
    static func unet(
        _ tensors: TensorShapes, _ layout: UNetLayout, of store: WeightStore
    ) throws(CheckpointError) -> WeightStore {
        try modules(tensors, layout.keyMap, of: store)
    }

    /// The modules under `tensors.prefix` of `store`, under the names that `map` has for them.
    static func modules(
        _ tensors: TensorShapes, _ map: ModuleMap, of store: WeightStore
    ) throws(CheckpointError) -> WeightStore {
        var result = OriginalViews(store, tensors)
        for key in tensors.keys {
            try result.rename(key, tensors, as: map.diffusersKey(key))
        }
        return result.finished
    }

    /// The autoencoder under `tensors.prefix` of `store`; the attention's kernels of one pixel become matrices.
    static func autoencoder(
        _ tensors: TensorShapes, _ layout: AutoencoderLayout, of store: WeightStore
    ) throws(CheckpointError) -> WeightStore {
        var result = OriginalViews(store, tensors)
        let map = layout.keyMap
        for key in tensors.keys {
            guard let name = map.diffusersKey(key) else {
                try result.rename(key, tensors, as: nil)
                continue
            }
            let isMatrix = name.contains(".attentions.0.to_") && name.hasSuffix(".weight")
            try result.rename(key, tensors, as: name, dropsUnitKernel: isMatrix)
        }
        return result.finished
    }

    /// OpenAI's text encoder, which the file has as transformers has it; old files lack `text_model.`.
    static func clip(_ tensors: TensorShapes, of store: WeightStore) throws(CheckpointError) -> WeightStore {
        var result = OriginalViews(store, tensors)
        for key in tensors.keys {
            let isModel =
                key.hasPrefix("embeddings.") || key.hasPrefix("encoder.") || key.hasPrefix("final_layer_norm.")
            try result.rename(key, tensors, as: isModel ? "text_model." + key : key)
        }
        return result.finished
    }

    /// Open CLIP's text encoder: queries, keys and values are one matrix there, and the projection is turned over.
    ///
    /// - Parameters:
    ///   - layerCount: the blocks that are used; SD 2 stops before the last.
    ///   - hasProjection: whether the pooled state is projected; if not, the projection is left out.
    static func openCLIP(
        _ tensors: TensorShapes, _ layout: TextLayout, layerCount: Int, hasProjection: Bool, of store: WeightStore
    ) throws(CheckpointError) -> WeightStore {
        var result = OriginalViews(store, tensors)
        let map = layout.keyMap
        let unused = ["logit_scale", "attn_mask"]
        let leftOut = (layerCount..<max(layerCount, layout.layerCount)).map { "transformer.resblocks.\($0)." }
        for key in tensors.keys where !unused.contains(key) && !leftOut.contains(where: key.hasPrefix) {
            switch key {
            case "positional_embedding":
                try result.rename(key, tensors, as: "text_model.embeddings.position_embedding.weight")
            case "text_projection":
                if hasProjection { try result.transpose(key, tensors, as: "text_projection.weight") }
            case _ where key.hasSuffix(".attn.in_proj_weight"):
                try result.split(key, tensors, map, suffix: "weight")
            case _ where key.hasSuffix(".attn.in_proj_bias"):
                try result.split(key, tensors, map, suffix: "bias")
            default: try result.rename(key, tensors, as: map.diffusersKey(key))
            }
        }
        return result.finished
    }

    private var finished: WeightStore { WeightStore(store, viewedAs: views) }

    private mutating func add(_ name: String, _ view: WeightView) throws(CheckpointError) {
        guard views.updateValue(view, forKey: name) == nil else { throw .duplicateTensor(key: name, files: [file]) }
    }

    private mutating func rename(
        _ key: String, _ tensors: TensorShapes, as name: String?, dropsUnitKernel: Bool = false
    ) throws(CheckpointError) {
        guard let shape = tensors.shape(key) else { return }
        let isUnitKernel = dropsUnitKernel && shape.rank == 4 && shape[2] == 1 && shape[3] == 1
        let full = tensors.prefix + key
        try add(name ?? full, .whole(full, as: isUnitKernel ? [shape[0], shape[1]] : shape))
    }

    private mutating func transpose(
        _ key: String, _ tensors: TensorShapes, as name: String
    ) throws(CheckpointError) {
        guard let shape = tensors.shape(key), shape.rank == 2 else { return try rename(key, tensors, as: nil) }
        try add(name, .transposed(tensors.prefix + key, from: shape))
    }

    /// `….attn.in_proj_weight` as the query's, key's and value's.
    private mutating func split(
        _ key: String, _ tensors: TensorShapes, _ map: ModuleMap, suffix: String
    ) throws(CheckpointError) {
        let module = String(key.dropLast(".attn.in_proj_".count + suffix.count))
        guard let shape = tensors.shape(key), shape.rank > 0, shape[0] % 3 == 0,
            let layer = map.diffusersKey(module + ".self_attn")
        else { return try rename(key, tensors, as: nil) }
        let rows = shape[0] / 3
        for (index, part) in ["q", "k", "v"].enumerated() {
            let name = "\(layer).\(part)_proj.\(suffix)"
            try add(name, .rows(index * rows..<(index + 1) * rows, of: tensors.prefix + key, in: shape))
        }
    }
}
