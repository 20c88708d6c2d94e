import ArgumentParser
import DaguerreCheckpoints

/// The options that name textual inversions.
struct EmbeddingArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A textual inversion; prompts call it by its file's name, or by TOKEN. Repeatable.",
            valueName: "file[=token]"))
    var embedding: [String] = []

    @Option(help: ArgumentHelp("A folder of textual inversions that prompts may name.", valueName: "folder"))
    var embeddingFolder: String?

    /// All that prompts may name; files go before those of the folder.
    func library() throws -> EmbeddingLibrary {
        var library = EmbeddingLibrary()
        for text in embedding {
            let (file, name) = Self.split(text)
            try library.add(file: file, as: name)
        }
        if let embeddingFolder { try library.add(folder: embeddingFolder) }
        return library
    }

    /// A file and what prompts call it; an `=` inside a file's name does not count.
    private static func split(_ text: String) -> (file: String, name: String?) {
        guard !text.hasSuffix(".safetensors"), let sign = text.lastIndex(of: "=") else { return (text, nil) }
        return (String(text[..<sign]), String(text[text.index(after: sign)...]))
    }
}
