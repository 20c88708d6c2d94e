import Daguerre
import DaguerreModels
import DaguerreRegistry

/// What previews are made by; an administrator's choice.
public enum PreviewSource: Equatable, Sendable {
    /// The tiny autoencoder (TAESD) of the registry that is for the model's latents by its name; without one, ``linear``.
    case automatic
    /// A linear function of the latents, fitted to the model's own autoencoder.
    case linear
    /// The tiny autoencoder in the folder or file at a path, for every model that has latents of its shape.
    case path(String)

    /// Makes sure that what was named can be used.
    ///
    /// - Throws: `CheckpointError`, `ModelError` if it cannot.
    public func check() throws {
        if case .path(let path) = self { try PreviewDecoderChoice.path(path).check() }
    }

    /// What a model is loaded with: of several decoders for one kind of latents the first by its name.
    func choice(in registry: any ModelRegistry) async -> PreviewDecoderChoice {
        switch self {
        case .linear: return .linear
        case .path(let path): return .path(path)
        case .automatic:
            var paths: [LatentSpace: String] = [:]
            for entry in await registry.entries(.previewDecoder) {
                guard let path = entry.path, let space = LatentSpace(tinyAutoencoder: entry.file) else { continue }
                if paths[space] == nil { paths[space] = path }
            }
            return .fitting(paths)
        }
    }
}
