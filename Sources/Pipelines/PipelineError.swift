/// Why a request cannot be drawn.
public enum PipelineError: Error, Equatable, CustomStringConvertible {
    /// A field of the request is out of its range.
    case invalid(field: String, found: String, expected: String)
    /// The latents became NaN or infinite; `layer` is where it began.
    case notFinite(step: Int, layer: String)
    /// The autoencoder gives NaN or infinite pixels, even in float32.
    case undecodable(layer: String)
    /// The autoencoder gives NaN or infinite latents for a picture.
    case unencodable

    /// One line for people.
    public var description: String {
        switch self {
        case .invalid(let field, let found, let expected): "\(field) is \(found), expected \(expected)"
        case .notFinite(let step, let layer):
            "the latents became NaN or infinite in step \(step), first in \(layer); try --precision float32"
        case .unencodable:
            "the autoencoder gives NaN or infinite latents for the picture to begin with; try --precision float32"
        case .undecodable(let layer): "the autoencoder gives NaN or infinite pixels, first in \(layer)"
        }
    }
}
