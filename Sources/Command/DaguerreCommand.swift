import ArgumentParser
import Daguerre

/// The root: `daguerre` itself only says what there is.
struct DaguerreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "daguerre",
        abstract: "Draws pictures from text with Stable Diffusion, on your own machine.",
        discussion: """
            EXAMPLES
              daguerre generate "a red apple"
              daguerre generate "a castle on a hill" --model ~/models/sd15 --steps 25
              daguerre prompt "a (red:1.3) apple, [studio light]"
              daguerre info a-red-apple-7.png
              daguerre models describe builtin
              daguerre doctor
              daguerre serve

            Exit codes: 0 done, 1 the run failed, 2 the request was wrong, 130 interrupted.
            """,
        version: DaguerreVersion.current,
        subcommands: [
            GenerateCommand.self, PromptCommand.self, InfoCommand.self, ModelsCommand.self, DoctorCommand.self,
            BenchCommand.self, ServeCommand.self, KeysCommand.self,
        ])

    /// Runs what `arguments` ask for and returns the exit code.
    static func run(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<Int8>?>) async -> Int32 {
        do {
            let arguments = groupingOptions(
                ControlArguments.names, beginningWith: "--controlnet", in: try validatedArguments(count, arguments))
            try await Interruption.cancelling {
                var command = try parseAsRoot(arguments)
                if var asynchronous = command as? any AsyncParsableCommand {
                    try await asynchronous.run()
                } else {
                    try command.run()
                }
            }
            return 0
        } catch {
            return report(error)
        }
    }

    /// The arguments after the command's name, if each is valid UTF-8.
    private static func validatedArguments(
        _ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<Int8>?>
    ) throws -> [String] {
        try (1..<max(Int(count), 1)).compactMap { i in
            guard let bytes = arguments[i] else { return nil }
            guard let text = String(validatingCString: bytes) else {
                throw CommandFailure.invalidUTF8(position: i)
            }
            return text
        }
    }

    /// Says on one line what went wrong, and returns the exit code that goes with it.
    private static func report(_ error: any Error) -> Int32 {
        if let signal = Interruption.signal {
            Terminal.error.write("daguerre: interrupted\n")
            return 128 + signal
        }
        // A subcommand that has said all there is to say.
        if let code = error as? ExitCode { return code.rawValue }
        let parserCode = exitCode(for: error)
        if parserCode == .success {
            // Help and version come as errors.
            Terminal.output.write(fullMessage(for: error) + "\n")
            return 0
        }
        let isUsage = parserCode == .validationFailure
        let text = isUsage ? message(for: error) : "\(error)"
        Terminal.error.write("daguerre: error: \(singleLine(text))\n")
        return isUsage ? 2 : CommandFailure.exitCode(for: error)
    }
}

/// `text` with its line ends replaced by spaces, and fit for a terminal.
package func singleLine(_ text: String) -> String {
    printable(text.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix { $0 == " " } }.joined(separator: " "))
}
