/// A network that is shown a picture beside a denoiser: what kind it is, its shape, and its weights under diffusers' names.
///
/// It is read from a folder of diffusers' layout or from one file; a file's kind and shape are read off the names and
/// shapes of its tensors.
public struct ControlSource: Sendable {
    /// What a denoiser can be shown a picture by.
    public enum Kind: String, Hashable, Sendable {
        /// Evaluated at each step, adds to the denoiser's skips.
        case controlNet = "ControlNet"
        /// Evaluated once, adds to the denoiser's levels.
        case t2iAdapter = "T2I-Adapter"
        /// Shows pictures to the denoiser's attentions.
        case ipAdapter = "IP-Adapter"
    }

    /// The folder's or the file's base name.
    public let name: String
    /// What it is.
    public let kind: Kind
    /// The text of `config.json`: the folder's, or made of the tensors' shapes; empty for an IP-Adapter, which has none.
    public let configuration: [UInt8]
    /// Under diffusers' names, or those of an IP-Adapter's files.
    public let weights: WeightStore

    /// Opens the folder or the safetensors file at `path`.
    ///
    /// - Throws: ``CheckpointError``; ``CheckpointError/unsupportedLayout(file:found:expected:)`` naming what it is
    ///   instead, ``CheckpointError/unsupportedClass(file:field:found:supported:)`` of a folder.
    public init(path: String, mapping: Mapping = .automatic) throws(CheckpointError) {
        let name = path.baseName
        if DiskModelFolder.isFile(path), !DiskModelFolder.isFolder(path) {
            guard !name.namesPickle else {
                throw .pickledWeights(folder: name, found: [name])
            }
            try self.init(
                SafetensorsFile(path: path, mapping: mapping), sidecar: SingleFileModel.sidecar(of: path))
        } else {
            try self.init(DiskModelFolder(path: path, mapping: mapping))
        }
    }

    /// Looks into a folder of diffusers' layout.
    public init(_ folder: some ModelFiles) throws(CheckpointError) {
        let classes: [String: Kind] = ["ControlNetModel": .controlNet, "T2IAdapter": .t2iAdapter]
        (configuration, kind) = try folder.configuration(among: classes)
        name = folder.name
        weights = try folder.weights(of: "")
    }

    /// Looks into a file that is open already.
    ///
    /// - Parameter sidecar: the text of the original code's configuration, if there is one: it says whether a ControlNet
    ///   averages over the pixels, which no tensor shows. The file's own name says it of the one that is widely used.
    public init(_ file: any TensorFile, sidecar: [UInt8]? = nil) throws(CheckpointError) {
        name = file.name
        let poolsGlobally =
            file.name.hasPrefix("control_v11e_sd15_shuffle")
            || sidecar.map { String(decoding: $0, as: UTF8.self).contains("global_average_pooling: True") } ?? false
        let store = try WeightStore(files: [file])
        let entries = store.entries
        func tensors(_ prefix: String) -> TensorShapes { TensorShapes(file: file.name, entries, prefix: prefix) }
        func has(_ key: String) -> Bool { store.entry(key) != nil }

        if let found = UnsupportedControl.name(entries) {
            throw .unsupportedLayout(
                file: file.name, found: found, expected: "a ControlNet, a T2I-Adapter or an IP-Adapter")
        }
        if has("controlnet_cond_embedding.conv_in.weight") {
            let layout = try ControlNetLayout(diffusers: tensors(""))
            (kind, configuration, weights) = (
                .controlNet, layout.configuration(poolsGlobally: poolsGlobally).fileText, store
            )
        } else if let hint = entries.first(where: { $0.key.hasSuffix(ControlNetLayout.originalHint) }) {
            // Old files hold a whole checkpoint beside it.
            let found = tensors(String(hint.key.dropLast(ControlNetLayout.originalHint.count)))
            let layout = try ControlNetLayout(original: found)
            (kind, configuration) = (.controlNet, layout.configuration(poolsGlobally: poolsGlobally).fileText)
            weights = try OriginalViews.modules(found, layout.keyMap, of: store)
        } else if entries.contains(where: { $0.key.hasPrefix("image_proj.") || $0.key.hasPrefix("ip_adapter.") }) {
            (kind, configuration, weights) = (.ipAdapter, [], store)
        } else if has("adapter.body.0.resnets.0.block1.weight") {
            let layout = try T2IAdapterLayout(tensors("adapter."))
            (kind, configuration, weights) = (.t2iAdapter, layout.configuration.fileText, store)
        } else if has("body.0.block1.weight") || has("body.0.body.0.block1.weight") {
            let map = T2IAdapterLayout.keyMap(original: tensors(""))
            let renamed = try OriginalViews.modules(tensors(""), map, of: store)
            let layout = try T2IAdapterLayout(
                TensorShapes(file: file.name, renamed.entries, prefix: "adapter."))
            (kind, configuration, weights) = (.t2iAdapter, layout.configuration.fileText, renamed)
        } else {
            throw .unsupportedLayout(
                file: file.name, found: "tensors such as \(store.keys.listing)",
                expected: "a ControlNet, a T2I-Adapter or an IP-Adapter")
        }
    }
}

/// Networks beside a denoiser that are not supported, told by names of tensors that they alone have.
enum UnsupportedControl {
    /// What `entries` are, if they are one of those.
    static func name(_ entries: [WeightEntry]) -> String? {
        for (marker, name) in markers {
            for entry in entries
            where entry.key == marker || entry.key.hasPrefix(marker + ".") || entry.key.hasPrefix(marker + "_") {
                return name
            }
        }
        return entries.contains { $0.key.contains(".ctrl_to_base.") || $0.key.contains(".base_to_ctrl.") }
            ? "a ControlNet-XS" : nil
    }

    private static let markers = [
        ("lora_controlnet", "a Control-LoRA, which needs its base model's weights"),
        ("lllite_unet", "a ControlNet-LLLite"),
        ("style_embedding", "a T2I style adapter"),
        ("task_embedding", "a ControlNet Union, of several kinds in one"),
        ("control_add_embedding", "a ControlNet Union, of several kinds in one"),
        ("difference", "a ControlNet that is stored as a difference to a base model"),
        ("double_blocks", "a ControlNet of Flux"),
        ("transformer_blocks", "a ControlNet of Stable Diffusion 3 or Flux"),
    ]
}
