import DaguerreImaging
import Foundation
import Synchronization
import Testing

/// What one run of a built program said and how it ended.
struct Run {
    let status: Int32
    let output, errors: String

    /// The paths that it printed.
    var paths: [String] { output.split(separator: "\n").map(String.init) }

    /// Runs `daguerre` with `arguments` in `folder` and waits for its end.
    static func daguerre(_ arguments: [String], in folder: Folder) async throws -> Run {
        try await program("daguerre", arguments, in: folder)
    }

    /// Runs the program `name` of this build and waits for its end; `watch` sees what it writes to standard error so far.
    static func program(
        _ name: String, _ arguments: [String], in folder: Folder,
        watch: @escaping @Sendable (_ errors: String, _ process: RunningProgram) -> Void = { _, _ in }
    ) async throws -> Run {
        let process = Process()
        process.executableURL = try builtProgram(name)
        process.arguments = arguments
        process.currentDirectoryURL = folder.url
        return try await finish(process, watch: watch)
    }

    /// Runs a line of the shell, in which `$0` is the built `daguerre`.
    static func shell(_ line: String, in folder: Folder) async throws -> Run {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", line, try builtProgram("daguerre").path]
        process.currentDirectoryURL = folder.url
        return try await finish(process) { _, _ in }
    }

    private static func finish(
        _ process: Process, watch: @escaping @Sendable (String, RunningProgram) -> Void
    ) async throws -> Run {
        let (output, errors) = (Pipe(), Pipe())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let running = RunningProgram(identifier: process.processIdentifier)
        async let outputText = text(of: output.fileHandleForReading) { _ in }
        async let errorText = text(of: errors.fileHandleForReading) { watch($0, running) }
        // A program that hangs fails its test, not the whole run.
        let watchdog = Task {
            try await Task.sleep(for: .seconds(180))
            running.send(SIGKILL)
        }
        let (written, said) = await (outputText, errorText)
        watchdog.cancel()
        process.waitUntilExit()
        return Run(
            status: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
            output: written, errors: said)
    }

    /// Everything that `handle` gives until its other end is closed; read on a thread that may wait.
    private static func text(
        of handle: FileHandle, _ watch: @escaping @Sendable (String) -> Void
    ) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var bytes = Data()
                while case let part = handle.availableData, !part.isEmpty {
                    bytes += part
                    watch(String(decoding: bytes, as: UTF8.self))
                }
                continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
            }
        }
    }
}

/// A program that has been started.
struct RunningProgram: Sendable {
    let identifier: Int32

    func send(_ signal: Int32) { kill(identifier, signal) }
}

/// Why a program could not be run.
struct ProgramError: Error, CustomStringConvertible {
    let description: String
}

/// The program `name` beside the tests' own.
func builtProgram(_ name: String) throws -> URL {
    let folder = URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        .deletingLastPathComponent()
    let program = folder.appending(path: name)
    guard FileManager.default.isExecutableFile(atPath: program.path) else {
        throw ProgramError(description: "\(name) is not built beside the tests; build all products")
    }
    return program
}

/// An empty folder that is removed with all in it when the last reference to it goes.
final class Folder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "daguerre-end-to-end-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Names of what lies in it, sorted.
    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
    }

    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: url.appending(path: name))) }

    func write(_ bytes: [UInt8], to name: String) throws { try Data(bytes).write(to: url.appending(path: name)) }

    func picture(_ name: String) throws -> PNG.Contents { try PNG.decode(bytes(name)) }
}

/// The JSON object that `text` is.
func jsonObject(_ text: String) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
}
