public import ArgumentParser
import Daguerre
import DaguerreCheckpoints
public import DaguerrePipelines
import DaguerreTokenizers

/// `daguerre prompt`: what becomes of a prompt before it is drawn.
struct PromptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prompt",
        abstract: "Show how a prompt is read: its tree, what it says at each step, its tokens and their weights.",
        discussion: """
            The syntax is that of AUTOMATIC1111's web UI:
              (word) [word] (word:1.3)   1.1 times as much, 1.1 times less, 1.3 times
              \\( \\) \\[ \\] \\\\             the characters themselves
              [from:to:when]             changes after half of the steps (0.5), step 8 (8)
              [to:when] [from::when]     appears, disappears
              [cow|horse]                changes at each step
              a cat :1.2 AND a dog       prompts that are combined, with weights
              BREAK                      begins a new chunk of 75 tokens
              <lora:name:0.8>            applies a LoRA

            Reads no weight. Exits with 2 if the prompt cannot be used.

            EXAMPLES
              daguerre prompt "a (red:1.3) apple, [studio light]"
              daguerre prompt "a [fox:owl:0.5] in a [field|forest]" --steps 20
              daguerre prompt "a cat in mystyle" --model ~/models/sd15 --embedding mystyle.safetensors
              daguerre prompt "a cat AND a dog :0.7" --json
            """)

    @Argument(help: "The prompt.")
    var prompt: String

    @OptionGroup var model: ModelOption

    @Option(parsing: .unconditional, help: ArgumentHelp("Denoising steps.", valueName: "n"))
    var steps = 20

    @Option(
        help:
            "What brackets do: original and no-norm weigh words, ignore leaves brackets out, none reads them as words.")
    var emphasis = PromptOptions.Emphasis.original

    @Flag(help: "Read it as a negative prompt, in which AND and <lora:…> are words.")
    var negative = false

    @OptionGroup var embeddings: EmbeddingArguments

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if !(1...1000).contains(steps) {
            throw ValidationError("--steps is \(steps), expected a number from 1 to 1000")
        }
    }

    func run() throws {
        let library = try embeddings.library()
        let inspection =
            try model.model == ModelOption.builtin
            ? PromptInspection(
                prompt, isNegative: negative, steps: steps, emphasis: emphasis, embeddings: library)
            : PromptInspection(
                prompt, isNegative: negative, steps: steps, emphasis: emphasis, embeddings: library,
                modelAt: model.model, options: EngineOptions(prediction: model.prediction))
        try Terminal.output.print(
            json ? jsonText(PromptReport(inspection, prompt: prompt, steps: steps)) + "\n" : promptText(inspection))
    }
}

extension PromptOptions.Emphasis: ExpressibleByArgument {}
