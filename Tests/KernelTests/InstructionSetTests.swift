import Glibc
import Testing

@Suite(.serialized) struct InstructionSetTests {
    /// The set is chosen once per process, so each lower one takes the suites through a process of its own.
    @Test(.enabled(if: getenv("DAGUERRE_ISA") == nil), arguments: ["portable", "avx2", "avx512"])
    func everyKernelAgreesOnEveryInstructionSet(name: String) throws {
        let own = try #require(CommandLine.arguments.first)
        // SwiftPM's runner is the test bundle itself on Linux.
        let status = try run(
            "/proc/self/exe",
            [own, "--testing-library", "swift-testing", "--filter", "KernelTests"], setting: "DAGUERRE_ISA=\(name)")
        #expect(status == 0, "the kernel suites failed with DAGUERRE_ISA=\(name); run them so for the details")
    }

    /// The exit status of a program that runs with one more environment variable.
    private func run(_ path: String, _ arguments: [String], setting: String) throws -> Int32 {
        var inherited: [String] = []
        var entry = environ
        while let text = entry.pointee {
            inherited.append(String(cString: text))
            entry += 1
        }
        let argumentPointers = arguments.map { strdup($0) } + [nil]
        let environmentPointers = (inherited + [setting]).map { strdup($0) } + [nil]
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        var process = pid_t()
        let code = posix_spawn(&process, path, nil, nil, argumentPointers, environmentPointers)
        try #require(code == 0, "cannot start the test runner again: \(String(cString: strerror(code)))")
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return status
    }
}
