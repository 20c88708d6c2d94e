public import ArgumentParser
public import Daguerre

/// The options that name a model, and how the model that they name is loaded.
struct ModelOption: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "A folder in diffusers' layout, a .safetensors checkpoint of one file, or builtin.", valueName: "path"))
    var model = ModelOption.builtin

    @Option(
        help: ArgumentHelp(
            "An autoencoder in place of the model's own: a .safetensors file or a folder.", valueName: "path"))
    var vae: String?

    @Option(
        help: ArgumentHelp(
            """
            What the denoiser predicts: epsilon or v. (default: what the checkpoint says; v for Stable Diffusion 2 in \
            one file, whose 512-pixel base models want epsilon)
            """))
    var prediction: SingleFilePrediction.Kind?

    /// The name of the model that lies in the executable; a folder of that name is ./builtin.
    static let builtin = "builtin"

    func validate() throws {
        if model.isEmpty { throw ValidationError("--model is empty, expected a folder, a file or \(Self.builtin)") }
        if vae?.isEmpty == true { throw ValidationError("--vae is empty, expected a file or a folder") }
    }

    func load(_ options: EngineOptions) async throws -> Model {
        var options = options
        options.prediction = prediction
        options.autoencoder = vae
        if model == Self.builtin { return try await Model.builtin(options: options) }
        return try await Model(at: model, options: options)
    }
}

extension SingleFilePrediction.Kind: ExpressibleByArgument {}
