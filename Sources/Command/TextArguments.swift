import ArgumentParser
import DaguerrePipelines

/// The options that say how prompts are read.
struct TextArguments: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Which layer of the text encoder to look at, counted from the end: 1 is the last. (default: the model's own)",
            valueName: "n"))
    var clipSkip: Int?

    @Option(
        help:
            "What brackets do: original and no-norm weigh words, ignore leaves brackets out, none reads them as words. (default: original)"
    )
    var emphasis: PromptOptions.Emphasis?

    func validate() throws {
        if let clipSkip, !(1...64).contains(clipSkip) {
            throw ValidationError("--clip-skip is \(clipSkip), expected a number from 1 to the encoder's layers")
        }
    }
}
