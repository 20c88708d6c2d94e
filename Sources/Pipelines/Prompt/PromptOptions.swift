public import DaguerreCheckpoints
package import DaguerreTokenizers

/// How prompts are read and encoded.
public struct PromptOptions: Sendable {
    /// What becomes of words that count more or less than others.
    public enum Emphasis: String, Hashable, Sendable, CaseIterable {
        /// States are multiplied by their tokens' weights, then scaled back to the mean that they had: the web UI's
        /// "Original".
        case original
        /// States are multiplied by their tokens' weights and left so: the web UI's "No norm".
        case noNorm = "no-norm"
        /// All words count equally, brackets are left out: the web UI's "Ignore".
        case ignore
        /// Brackets are words like others: the web UI's "None".
        case none

        /// What the brackets of a prompt mean.
        package var syntax: PromptText.Syntax {
            switch self {
            case .original, .noNorm: .emphasis
            case .ignore: .ignored
            case .none: .literal
            }
        }
    }

    /// What becomes of words that count more or less than others.
    public var emphasis = Emphasis.original
    /// Which layer's states the denoiser looks at, counted from the end: 1 is the last; `nil` is what the family was
    /// trained with.
    ///
    /// In SD 1.x and 2.x the states go through the final norm, in SDXL they do not and 2 is what it was trained with.
    public var clipSkip: Int?
    /// The textual inversions that prompts may name.
    public var embeddings = EmbeddingLibrary()

    /// As the web UI does by default, without textual inversions.
    public init() {}
}
