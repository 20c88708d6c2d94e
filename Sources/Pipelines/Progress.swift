public import DaguerrePixels

/// What a generation has just done.
///
/// It is for the thread that computes: a preview is made there and at once, or never.
public enum Progress {
    /// The prompt is encoded.
    case encoded
    /// An evaluation of the denoiser is done. `preview` makes a small picture of what it expects in the end, of the first of
    /// the images that are drawn at once, one pixel for each latent unless the model has a decoder for previews; it throws
    /// ``PipelineError`` or `BackendError`, which need not end the run, and costs nothing unless it is called.
    case step(Step, preview: () throws -> Image)
    /// Image `image` is decoded.
    case decoded(image: Int)

    /// How far a run is after an evaluation of the denoiser.
    public struct Step: Equatable, Sendable {
        /// Which of the image's evaluations it was, from 0, and how many there are over all its passes.
        ///
        /// Of an adaptive run, how many there are shows only as it goes on.
        public let index, count: Int
        /// Which of the request's images is being drawn, from 0, and how many there are; of several that are drawn at once,
        /// the first.
        public let image, imageCount: Int
        /// How many of the request's images are drawn at once.
        public let imagesAtOnce: Int
        /// How long the evaluation took, for all that were drawn at once, also those of other requests.
        public let duration: Duration
        /// The share of the whole request that is done, above 0 and below 1, by what each evaluation and each decoding
        /// takes.
        ///
        /// Time so far, times (1 - share) / share, is about the time that is left.
        public let share: Double

        /// Evaluations done, and evaluations in all, over all images.
        public var done: Int { image * count + (index + 1) * imagesAtOnce }
        /// Evaluations in all, over all images.
        public var total: Int { imageCount * count }
    }
}
