import DaguerreAdapters
import DaguerreJobs
import DaguerreRegistry
import DaguerreTokenizers

/// A LoRA of a request, what it is called, and how much of it.
struct AdapterChoice: Sendable {
    /// What the request calls it.
    let name: String
    let entry: RegistryEntry
    let weights: AdapterWeights
    /// Whether the prompt has a tag for it.
    let isInPrompt: Bool

    /// Those that the prompt names, then those beside it; one that is named by both is used as the prompt says, once.
    ///
    /// - Throws: `TokenizerError` for a tag that cannot be read; ``JobFailure`` for a name that the registry does not have.
    static func all(of request: JobRequest, in registry: any ModelRegistry) async throws -> [AdapterChoice] {
        var choices: [AdapterChoice] = []
        for network in try PromptSyntax.parse(request.prompt).networks {
            choices.append(
                AdapterChoice(
                    name: network.name, entry: try await registry.require(network.name, .lora),
                    weights: AdapterWeights(unet: network.unetWeight, textEncoder: network.textWeight),
                    isInPrompt: true))
        }
        let tagged = Set(choices.map(\.entry.name))
        for lora in request.loras {
            let entry = try await registry.require(lora.name, .lora)
            guard !tagged.contains(entry.name) else { continue }
            choices.append(
                AdapterChoice(
                    name: entry.name, entry: entry,
                    weights: AdapterWeights(unet: lora.weight, textEncoder: lora.textWeight ?? lora.weight),
                    isInPrompt: false))
        }
        return choices
    }
}
