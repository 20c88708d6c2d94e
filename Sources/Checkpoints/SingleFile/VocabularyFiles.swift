/// The two files of CLIP's vocabulary, which a checkpoint of one file does not carry.
public struct VocabularyFiles: Sendable {
    /// `vocab.json`.
    public let vocabulary: [UInt8]
    /// `merges.txt`.
    public let merges: [UInt8]

    /// Holds the text of both files.
    public init(vocabulary: [UInt8], merges: [UInt8]) {
        self.vocabulary = vocabulary
        self.merges = merges
    }
}
