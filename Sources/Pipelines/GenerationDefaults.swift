/// `daguerre.json`: what a model draws best with, in a file that any model folder may carry.
public struct GenerationDefaults: Codable, Equatable, Sendable {
    /// Pixels.
    public var width, height: Int?
    /// Denoising steps.
    public var steps: Int?
    /// Scale of classifier-free guidance; 1 is none.
    public var guidance: Double?
    /// Whom to thank for the training data.
    public var attribution: String?
    /// What the model knows, where that can be listed.
    public var vocabulary: Vocabulary?

    /// The words that a small model was trained on.
    public struct Vocabulary: Codable, Equatable, Sendable {
        /// Subjects of one kind.
        public struct Group: Codable, Equatable, Sendable {
            /// What they have in common.
            public var group: String
            /// What prompts call them.
            public var names: [String]
        }

        /// Prompts that it does well.
        public var examples: [String]
        /// What it can draw.
        public var subjects: [Group]
        /// Subjects that also come in other colours, and which colours.
        public var recolourable, colours: [String]?
        /// Colours of the background.
        public var backgrounds: [String]?
        /// Subjects of which any two may be drawn together.
        public var pairs: [String]?
        /// All words that it understands, articles too.
        public var words: [String]?
    }

    /// No opinion on anything.
    public init() {}
}
