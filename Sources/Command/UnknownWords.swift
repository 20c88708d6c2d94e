import DaguerrePipelines

/// Words of a prompt that a small model was not trained on.
package enum UnknownWords {
    /// The words of `prompt` that are not in `known`, in their order, each once.
    package static func find(_ prompt: String, known: [String]) -> [String] {
        let known = Set(known)
        var unknown: [String] = []
        for part in prompt.lowercased().split(whereSeparator: { !$0.isLetter }) {
            let word = String(part)
            if !known.contains(word), !unknown.contains(word) { unknown.append(word) }
        }
        return unknown
    }

    /// A line for people, if the model says which words it knows and `prompt` has others.
    static func hint(_ prompt: String, vocabulary: GenerationDefaults.Vocabulary?, model: String) -> String? {
        guard let known = vocabulary?.words else { return nil }
        let unknown = find(prompt, known: known)
        guard !unknown.isEmpty else { return nil }
        let listed = unknown.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ")
        return "the model was not trained on \(listed)\(unknown.count > 5 ? ", …" : ""); "
            + "`daguerre models describe \(baseName(model))` lists what it knows"
    }
}
