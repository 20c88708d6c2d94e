import Glibc

/// The executable `daguerre`: runs the subcommand that the arguments name.
@main
struct Main {
    // Not `async`: the signals must be blocked on the first thread, before there is a second.
    static func main() {
        Terminal.reserve()
        Interruption.listen()
        // Detached from the first thread, which only waits for the end.
        Task.detached { exit(await DaguerreCommand.run(CommandLine.argc, CommandLine.unsafeArgv)) }
        while true { pause() }
    }
}
