import ArgumentParser

/// `daguerre models`: what a model is and what it knows.
struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "Look at models, and convert them.",
        subcommands: [ModelsInspectCommand.self, ModelsDescribeCommand.self, ModelsConvertCommand.self])
}
