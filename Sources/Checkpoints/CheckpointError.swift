/// Why a checkpoint could not be read, written or used; every description is one line.
///
/// Files are called by their base name or their path inside the model folder, never by a path of the machine.
public enum CheckpointError: Error, Hashable, CustomStringConvertible {
    /// The operating system refused: no such file, no permission, a read that came up short.
    case unreadable(file: String, reason: String)
    /// A file could not be written.
    case unwritable(file: String, reason: String)
    /// A safetensors file breaks a rule of its format; `key` is the tensor's name where there is one.
    case malformed(file: String, key: String?, rule: SafetensorsRule, found: String)
    /// A tensor has an element type that the format knows and this reader does not compute with.
    case unsupportedElementType(file: String, key: String, found: String)
    /// The same tensor is stored in two files of one component.
    case duplicateTensor(key: String, files: [String])
    /// A shard index and its files disagree, or it names a file that it must not.
    case shardIndex(file: String, key: String?, expected: String, found: String)
    /// A name that would leave the model's folder, or that holds control characters.
    case unsafePath(file: String)
    /// A component has no weights that can be read.
    case noWeights(folder: String, expected: String, found: String)
    /// A component's weights are only there as a pickle, which could run code when opened.
    case pickledWeights(folder: String, found: [String])
    /// A configuration file lacks a field or holds something else than expected there.
    case configuration(file: String, field: String, expected: String)
    /// A pickle that is not one of weights, or that asks for what is not done.
    case pickle(file: String, problem: String)
    /// A checkpoint of one file that is none of those that can be read.
    case unsupportedLayout(file: String, found: String, expected: String)
    /// A class name that is not supported.
    case unsupportedClass(file: String, field: String, found: String, supported: [String])
    /// The tensors do not fit the model: keys that are absent, of another shape, or that nothing read.
    case unusable(file: String, missing: [String], misshapen: [String], unread: [String])

    /// A file that is not a textual inversion.
    case notEmbedding(file: String, expected: String, found: String)
    /// A textual inversion for text encoders of other widths than the model's.
    case otherEmbedding(file: String, widths: [Int], expected: [Int])
    /// A textual inversion in a format that has to be converted first.
    case pickledEmbedding(file: String)

    /// One line for people.
    public var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file.excerpt): cannot be read: \(reason)"
        case .unwritable(let file, let reason): "\(file.excerpt): cannot be written: \(reason)"
        case .malformed(let file, let key, let rule, let found):
            "\(file.excerpt): not a sound safetensors file: "
                + (key.map { "tensor \"\($0.excerpt)\": " } ?? "")
                + "expected \(rule.expectation), found \(found.excerpt)"
        case .unsupportedElementType(let file, let key, let found):
            "\(file.excerpt): tensor \"\(key.excerpt)\": element type \(found.excerpt) is not supported;"
                + " save the weights as F32, F16 or BF16"
        case .duplicateTensor(let key, let files):
            "tensor \"\(key.excerpt)\" is stored in more than one file: "
                + files.map(\.excerpt).joined(separator: ", ")
        case .shardIndex(let file, let key, let expected, let found):
            "\(file.excerpt): "
                + (key.map { "\"\($0.excerpt)\": " } ?? "") + "expected \(expected), found \(found.excerpt)"
        case .unsafePath(let file): "\"\(file.excerpt)\" is not the name of a file inside the model's folder"
        case .noWeights(let folder, let expected, let found):
            "\(folder.excerpt): no weights: expected \(expected), found \(found.excerpt)"
        case .pickledWeights(let folder, let found):
            "\(folder.excerpt): the weights are only there as a pickle (\(found.listing)), which could run code;"
                + " convert them to safetensors with daguerre models convert"
        case .configuration(let file, let field, let expected):
            "\(file.excerpt): " + (field.isEmpty ? "" : "\"\(field.excerpt)\": ") + "expected \(expected.excerpt)"
        case .pickle(let file, let problem): "\(file.excerpt): not a pickle that is read: \(problem)"
        case .unsupportedLayout(let file, let found, let expected):
            "\(file.excerpt): not a checkpoint that can be read: found \(found.excerpt), expected \(expected)"
        case .unsupportedClass(let file, let field, let found, let supported):
            "\(file.excerpt): \"\(field.excerpt)\" is \"\(found.excerpt)\", which is not supported; supported: "
                + supported.joined(separator: ", ")
        case .unusable(let file, let missing, let misshapen, let unread):
            "\(file.excerpt): the weights do not fit the model: "
                + [("missing", missing), ("misshapen", misshapen), ("unread", unread)]
                .filter { !$0.1.isEmpty }
                .map { "\($0.1.count) \($0.0) (\($0.1.listing))" }
                .joined(separator: "; ")
        case .notEmbedding(let file, let expected, let found):
            "\(file.excerpt): not a textual inversion: expected \(expected), found \(found)"
        case .otherEmbedding(let file, let widths, let expected):
            "\(file.excerpt): made for \(widths.family), expected a textual inversion for \(expected.family)"
        case .pickledEmbedding(let file):
            "\(file.excerpt): not a safetensors file; convert it first: daguerre models convert \(file.excerpt) OUT.safetensors"
        }
    }
}

extension [Int] {
    /// The family whose text encoders are as wide as these numbers, and the numbers.
    fileprivate var family: String {
        let names: [[Int]: String] = [
            [768]: "Stable Diffusion 1.x", [1024]: "Stable Diffusion 2.x", [768, 1280]: "Stable Diffusion XL",
            [1280]: "the Stable Diffusion XL refiner",
        ]
        let numbers = map(String.init).joined(separator: " + ") + " wide"
        return names[self].map { "\($0) (\(numbers))" } ?? "a text encoder \(numbers)"
    }
}

extension String {
    /// The text on one line, control characters replaced, cut to at most 120 characters: fit for a message.
    var excerpt: String {
        var result = ""
        for (i, scalar) in unicodeScalars.enumerated() {
            guard i < 120 else { return result + "…" }
            result.unicodeScalars.append(scalar.isSafeInNames ? scalar : "\u{FFFD}")
        }
        return result
    }
}

extension [String] {
    /// The first few entries, comma-separated, and how many more there are.
    var listing: String {
        prefix(8).map(\.excerpt).joined(separator: ", ") + (count > 8 ? ", and \(count - 8) more" : "")
    }
}

extension Unicode.Scalar {
    /// False for control characters, line separators, and the marks that reorder text around them.
    var isSafeInNames: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: false
        default: !properties.isBidiControl
        }
    }
}
