/// What a generation has just done.
public enum Progress: Equatable, Sendable {
    /// The prompt is encoded.
    case encoded
    /// Evaluation `index` of `count` of the denoiser is done, for image `image` of the request.
    case step(index: Int, count: Int, image: Int, duration: Duration)
    /// Image `image` is decoded.
    case decoded(image: Int)
}
