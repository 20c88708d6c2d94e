import CCLIPVocabulary
import DaguerreCheckpoints
import DaguerreTokenizers

/// Where a model lies: in the executable, in a folder, or in one file.
enum ModelLocation {
    case builtin
    case path(String)

    init(_ path: String) { self = .path(path) }

    /// Opens it, with the autoencoder that `options` name in place of its own.
    ///
    /// - Throws: `CheckpointError` if there is no such folder or file, or no checkpoint in it that can be read.
    func files(_ options: EngineOptions) throws(CheckpointError) -> any ModelFiles {
        let mapping: Mapping = options.mapsWeights.map { $0 ? .mapped : .read } ?? .automatic
        let files: any ModelFiles =
            switch self {
            case .builtin: builtinModelFiles()
            case .path(let path): try Self.open(path, options, mapping)
            }
        guard let autoencoder = options.autoencoder else { return files }
        return try ModelWithAutoencoder(files, autoencoder: AutoencoderSource(path: autoencoder, mapping: mapping))
    }

    private static func open(
        _ path: String, _ options: EngineOptions, _ mapping: Mapping
    ) throws(CheckpointError) -> any ModelFiles {
        guard !DiskModelFolder.isFolder(path), DiskModelFolder.isFile(path) else {
            return try DiskModelFolder(path: path, mapping: mapping)
        }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard !path.namesPickle else {
            throw .pickledWeights(folder: name, found: [name])
        }
        return try SingleFileModel(
            path: path, vocabulary: clipVocabulary(), prediction: options.prediction, mapping: mapping)
    }
}

/// CLIP's vocabulary, which lies in the binary.
func clipVocabulary() -> VocabularyFiles {
    var count = 0
    let start = clip_vocabulary_merges(&count)
    let merges = Array(UnsafeRawBufferPointer(start: start, count: count))
    return VocabularyFiles(vocabulary: CLIPVocabulary.vocabularyText(merges: merges), merges: merges)
}
