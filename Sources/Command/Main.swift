import Glibc

/// The executable `daguerre`: runs the subcommand that the arguments name.
@main
struct Main {
    static func main() async {
        Interruption.listen()
        let status = await DaguerreCommand.run(CommandLine.argc, CommandLine.unsafeArgv)
        exit(status)
    }
}
