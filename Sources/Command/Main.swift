import Daguerre
import Glibc

/// The executable `daguerre`: runs the subcommand that the arguments name.
@main
struct Main {
    // Not `async`: the signals must be blocked on the first thread, before there is a second.
    static func main() {
        // A process that reads a pickle is to have nothing else.
        if CommandLine.argc == 2, CommandLine.arguments[1] == PickleProcess.argument { exit(PickleProcess.serve()) }
        Terminal.reserve()
        Interruption.listen()
        // Detached from the first thread, which only waits for the end.
        Task.detached { exit(await DaguerreCommand.run(CommandLine.argc, CommandLine.unsafeArgv)) }
        while true { pause() }
    }
}
