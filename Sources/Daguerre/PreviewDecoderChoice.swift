import DaguerreCheckpoints
import DaguerreMeter
public import DaguerreModels
import DaguerreTensors

/// What previews are made by.
///
/// A decoder never keeps a model from loading: where it cannot be used, previews are linear, and ``Model/warnings`` says
/// why.
public enum PreviewDecoderChoice: Equatable, Sendable {
    /// A linear function of the latents, fitted to the model's own autoencoder: one pixel for each latent.
    case linear
    /// The tiny autoencoder (TAESD) for the model's latent space, among folders and files at these paths; without one, or
    /// for a model of another space, linear.
    case fitting([LatentSpace: String])
    /// The tiny autoencoder in the folder or file at a path, which is taken to be for the latents of any model that has
    /// latents of its shape.
    case path(String)

    /// Makes sure that the decoder at a path can be used, over shapes; which of the others is used depends on the model.
    ///
    /// - Throws: `CheckpointError`, `ModelError` if it cannot.
    public func check() throws {
        guard case .path(let path) = self else { return }
        _ = try TinyAutoencoderSource(path: path).autoencoder(on: MeterBackend(precision: .float32))
    }
}

/// The decoder that a choice comes to for one model, and what its user should know where it comes to none.
struct PreviewDecoder: Sendable {
    /// Nil where previews are linear.
    let source: TinyAutoencoderSource?
    let warnings: [String]

    init(_ choice: PreviewDecoderChoice, for autoencoder: AutoencoderConfiguration) {
        let path: String? =
            switch choice {
            case .linear: nil
            case .fitting(let paths): LatentSpace(autoencoder).flatMap { paths[$0] }
            case .path(let path): path
            }
        do {
            source = try path.map { try Self.usable($0, for: autoencoder) }
            warnings = []
        } catch {
            source = nil
            warnings = ["previews are linear, since their decoder cannot be used: \(error)"]
        }
    }

    /// - Throws: `CheckpointError`, `ModelError` if it cannot be built, or not for such latents.
    private static func usable(
        _ path: String, for autoencoder: AutoencoderConfiguration
    ) throws -> TinyAutoencoderSource {
        let source = try TinyAutoencoderSource(path: path)
        let shape = try source.autoencoder(on: MeterBackend(precision: .float32)).configuration
        for (field, found, expected) in [
            ("the number of latent channels", shape.latentChannels, autoencoder.latentChannels),
            ("the number of pixels for each latent on a side", shape.scale, autoencoder.scale),
        ] where found != expected {
            throw ModelError.invalid(
                file: source.name, field: field, found: "\(found)", expected: "\(expected), as the model has it")
        }
        return source
    }
}
