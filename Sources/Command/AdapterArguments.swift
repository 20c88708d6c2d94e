import ArgumentParser
import Daguerre
import DaguerreAdapters
import DaguerreCheckpoints
import DaguerrePipelines
import DaguerreTokenizers

/// The options that adapt the model for one request.
struct AdapterArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            A LoRA or a relative of it, how much of it, and how much of it for the text encoders if another. \
            Repeatable. (default weight: 1)
            """,
            valueName: "file[:weight[:text-weight]]"))
    var lora: [String] = []

    @Option(help: ArgumentHelp("A folder in which prompts' <lora:name:weight> are looked up.", valueName: "folder"))
    var loraFolder: String?

    @Flag(help: "Refuse a LoRA of which a key names no layer of the model.")
    var strict = false

    /// A file to load, what to call it, and how much of it.
    struct Choice {
        let path: String
        let name: String
        let weights: AdapterWeights
        /// Whether the prompt has a tag for it.
        var isInPrompt = false
    }

    /// Those that `prompt` asks for, then those of the options, which are tags at the prompt's end in a picture's file.
    ///
    /// A name in a prompt is one of the options' or one of the folder's, never a path. A file of the options that the
    /// prompt names is used as the prompt says, once.
    ///
    /// - Throws: ``CommandFailure`` for a weight that is no number, and for a name that the folder does not have;
    ///   `TokenizerError` for a tag that cannot be read.
    func choices(for prompt: String) throws -> [Choice] {
        let options = try lora.map(Self.parse)
        let networks = try PromptSyntax.parse(prompt).networks
        guard !networks.isEmpty else { return options }
        let files = try loraFolder.map {
            try DiskModelFolder(path: $0).files(in: "").filter { $0.hasSuffix(".safetensors") }
        }
        let names = Dictionary((files ?? []).map { ($0.dropLast(".safetensors".count).lowercased(), $0) }) { first, _ in
            first
        }
        let choices = try networks.map { network in
            let given = options.first { $0.name == network.name }?.path
            let found = names[network.name.lowercased()].flatMap { file in loraFolder.map { $0 + "/" + file } }
            guard let path = given ?? found else {
                guard let loraFolder else { throw CommandFailure.loraWithoutFolder(name: network.name) }
                throw CommandFailure.unknownLora(name: network.name, folder: baseName(loraFolder), found: files ?? [])
            }
            return Choice(
                path: path, name: network.name,
                weights: AdapterWeights(unet: network.unetWeight, textEncoder: network.textWeight), isInPrompt: true)
        }
        return choices + options.filter { option in !networks.contains { $0.name == option.name } }
    }

    /// Reads `file[:weight[:text-weight]]`; a colon inside the file's name does not count.
    static func parse(_ text: String) throws -> Choice {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var numbers: [Double] = []
        while parts.count > 1, numbers.count < 2, let number = parts.last.flatMap(Double.init) {
            numbers.insert(number, at: 0)
            parts.removeLast()
        }
        let path = parts.joined(separator: ":")
        guard numbers.allSatisfy(\.isFinite), !path.isEmpty else { throw CommandFailure.invalidLora(text) }
        let unet = numbers.first ?? 1
        let name = baseName(path)
        return Choice(
            path: path, name: name.hasSuffix(".safetensors") ? String(name.dropLast(".safetensors".count)) : name,
            weights: AdapterWeights(unet: unet, textEncoder: numbers.count > 1 ? numbers[1] : unet))
    }
}
