import ArgumentParser
import Daguerre

/// The option that says who looks at what was drawn.
struct SafetyArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The safety checker whose scores --json prints: a folder laid out as a model's safety_checker or a \
            .safetensors file, auto (the model's own, if it has one), or off.
            """,
            valueName: "path|auto|off"))
    var safetyChecker = "off"

    func validate() throws {
        if safetyChecker.isEmpty { throw ValidationError("--safety-checker is empty, expected a path, auto or off") }
    }

    var choice: SafetyCheckerChoice {
        switch safetyChecker {
        case "off": .off
        case "auto": .automatic
        default: .path(safetyChecker)
        }
    }
}
