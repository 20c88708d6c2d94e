import ArgumentParser
import Daguerre

/// The option `--model`, and how the model that it names is loaded.
struct ModelOption: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: ArgumentHelp("A folder in diffusers' layout, or builtin.", valueName: "folder"))
    var model = ModelOption.builtin

    /// The name of the model that lies in the executable; a folder of that name is ./builtin.
    static let builtin = "builtin"

    func validate() throws {
        if model.isEmpty { throw ValidationError("--model is empty, expected a folder or \(Self.builtin)") }
    }

    func load(_ options: EngineOptions) async throws -> Model {
        if model == Self.builtin { return try await Model.builtin(options: options) }
        return try await Model(at: model, options: options)
    }
}
