public import DaguerreModels
public import DaguerreTokenizers

/// The text encoders of a model, each with its tokenizer, in the order in which their states are joined.
public struct TextStack: Sendable {
    /// One encoder and the tokenizer that it was trained with.
    public struct Part: Sendable {
        /// Prompts to tokens.
        public let tokenizer: CLIPTokenizer
        /// Tokens to states.
        public let encoder: CLIPTextEncoder

        /// Pairs an encoder with its tokenizer.
        public init(tokenizer: CLIPTokenizer, encoder: CLIPTextEncoder) {
            self.tokenizer = tokenizer
            self.encoder = encoder
        }
    }

    /// Which of an encoder's states the denoiser looks at.
    public enum Layer: Equatable, Sendable {
        /// The last layer's, after the final norm: SD 1.x and 2.x, whose encoders are stored without what is skipped.
        case last
        /// The last but one layer's, without the norm: SDXL.
        case penultimate
    }

    /// One or two.
    public let parts: [Part]
    /// Which states the denoiser looks at.
    public let layer: Layer

    /// Joins encoders; there is at least one, and all take equally many tokens.
    public init(_ parts: [Part], layer: Layer) {
        precondition(!parts.isEmpty, "a model has a text encoder")
        self.parts = parts
        self.layer = layer
    }

    /// Width of the joined states.
    public var width: Int { parts.reduce(0) { $0 + $1.encoder.configuration.width } }

    /// Width of the pooled state, which is the last encoder's.
    public var pooledWidth: Int { parts.last?.encoder.pooledWidth ?? 0 }

    /// Tokens of one chunk, its beginning and end included: 77.
    public var chunkLength: Int { parts.map(\.encoder.configuration.maximumLength).min() ?? 0 }
}
