/// The decoder of a tiny autoencoder (TAESD), which turns latents into pictures at a small part of the cost: its shape,
/// and its weights under diffusers' names.
///
/// It is read from a folder of diffusers' layout or from one file, in diffusers' layout or in the original repository's,
/// whose shape is read off its tensors. An encoder beside it is passed over.
public struct TinyAutoencoderSource: Sendable {
    /// The folder's or the file's base name.
    public let name: String
    /// The text of `config.json`: the folder's, or made of the tensors' shapes.
    public let configuration: [UInt8]
    /// The decoder's, under diffusers' names.
    public let weights: WeightStore

    /// What stands before the numbers of the original's modules: nothing in a file of the decoder alone; both halves may
    /// lie in one file, too.
    private static let originalPrefixes = ["", "decoder.", "taesd_decoder."]

    /// Opens the folder or the safetensors file at `path`.
    ///
    /// - Throws: ``CheckpointError``; ``CheckpointError/unsupportedLayout(file:found:expected:)`` if it holds no such
    ///   decoder, ``CheckpointError/unsupportedClass(file:field:found:supported:)`` of a folder.
    public init(path: String, mapping: Mapping = .automatic) throws(CheckpointError) {
        if DiskModelFolder.isFile(path), !DiskModelFolder.isFolder(path) {
            let name = path.baseName
            guard !name.namesPickle else {
                throw .pickledWeights(folder: name, found: [name])
            }
            try self.init(SafetensorsFile(path: path, mapping: mapping))
        } else {
            try self.init(DiskModelFolder(path: path, mapping: mapping))
        }
    }

    /// Looks into a folder of diffusers' layout.
    public init(_ folder: some ModelFiles) throws(CheckpointError) {
        configuration = try folder.configuration(among: ["AutoencoderTiny": ()]).text
        name = folder.name
        weights = try folder.weights(of: "")
    }

    /// Looks into a file that is open already.
    public init(_ file: any TensorFile) throws(CheckpointError) {
        name = file.name
        let whole = try WeightStore(files: [file])
        let entries = whole.entries
        func tensors(_ prefix: String) -> TensorShapes { TensorShapes(file: file.name, entries, prefix: prefix) }
        let modern = tensors("decoder.layers.")
        let layout: TinyAutoencoderLayout
        if modern.has("0.weight") {
            layout = try TinyAutoencoderLayout(diffusers: modern)
            weights = try OriginalViews.modules(modern, layout.keyMap, of: whole)
        } else if let old = Self.originalPrefixes.lazy.map(tensors).first(where: { $0.has("3.conv.0.weight") }),
            old.has("1.weight")
        {
            layout = try TinyAutoencoderLayout(original: old)
            weights = try OriginalViews.modules(old, layout.keyMap, of: whole)
        } else {
            // An encoder has a convolution where a decoder clamps, and its blocks begin at once.
            let isEncoder = whole.entry("0.weight") != nil && whole.entry("1.conv.0.weight") != nil
            throw .unsupportedLayout(
                file: file.name,
                found: isEncoder ? "the encoder of a tiny autoencoder" : "tensors such as \(whole.keys.listing)",
                expected: "the decoder of a tiny autoencoder (TAESD)")
        }
        configuration = layout.configuration.fileText
    }
}
