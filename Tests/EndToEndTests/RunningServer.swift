import Foundation
import FoundationNetworking
import Synchronization
import Testing

/// A `daguerre serve` of this build on a port of its own; ended by force with the last reference to it.
final class RunningServer: Sendable {
    /// `http://127.0.0.1:41234`.
    let address: String
    private let process: Process
    private let written: Mutex<String>
    private let session = URLSession(configuration: .ephemeral)

    /// Starts it on the data folder `data` of `folder`, and waits until it answers.
    init(_ folder: Folder, _ arguments: [String] = []) async throws {
        let process = Process()
        process.executableURL = try builtProgram("daguerre")
        process.arguments =
            ["serve", "--data", folder.url.appending(path: "data").path, "--port", "0", "--threads", "1"] + arguments
        process.currentDirectoryURL = folder.url
        process.environment = ProcessInfo.processInfo.environment.merging(["HOME": folder.url.path]) { $1 }
        let (output, errors) = (Pipe(), Pipe())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        self.process = process
        let line = await Self.firstLine(of: output.fileHandleForReading)
        guard let start = line.range(of: "http"), let word = line[start.lowerBound...].split(separator: " ").first
        else {
            process.terminate()
            let reason = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            throw ProgramError(description: "the server did not start: \(line)\(reason)")
        }
        address = String(word)
        written = Mutex("")
        Thread.detachNewThread { [weak self] in
            while case let part = errors.fileHandleForReading.availableData, !part.isEmpty {
                self?.written.withLock { $0 += String(decoding: part, as: UTF8.self) }
            }
        }
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    /// What it has written to standard error so far.
    var log: String { written.withLock { $0 } }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for its end and returns the exit code, or 128 and the signal's number.
    func end() async throws -> Int32 {
        for _ in 0..<1200 where process.isRunning { try await Task.sleep(for: .milliseconds(50)) }
        guard !process.isRunning else { throw ProgramError(description: "the server does not end") }
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    struct Answer {
        let status: Int
        let headers: [String: String]
        let bytes: [UInt8]

        var json: [String: Any] {
            get throws { try jsonObject(String(decoding: bytes, as: UTF8.self)) }
        }
    }

    func ask(
        _ method: String, _ path: String, json: [String: any Sendable]? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        var request = URLRequest(url: try #require(URL(string: address + path)), timeoutInterval: 120)
        request.httpMethod = method
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        if let json {
            request.httpBody = try JSONSerialization.data(withJSONObject: json)
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        let (data, response) = try await session.data(for: request)
        let http = try #require(response as? HTTPURLResponse)
        let names = http.allHeaderFields.map { ("\($0.key)".lowercased(), "\($0.value)") }
        return Answer(
            status: http.statusCode, headers: Dictionary(names) { first, _ in first }, bytes: Array(data))
    }

    /// Asks for `path` again and again until `condition` holds of the answer, for a minute at most.
    func wait(for path: String, until condition: (Answer) throws -> Bool) async throws {
        for _ in 0..<1200 {
            if try condition(try await ask("GET", path)) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw ProgramError(description: "\(path) does not come to what is waited for")
    }

    /// Waits until a worker has taken the job, which may have ended it by then.
    func begun(_ job: String) async throws {
        try await wait(for: "/v1/jobs/\(job)") { try $0.json["state"] as? String != "queued" }
    }

    /// Submits a job and returns its name.
    func submit(_ body: [String: any Sendable]) async throws -> String {
        let answer = try await ask("POST", "/v1/jobs", json: body)
        #expect(answer.status == 202)
        return try #require(try answer.json["id"] as? String)
    }

    /// The job once it has ended.
    func ended(_ job: String) async throws -> [String: Any] {
        try await wait(for: "/v1/jobs/\(job)") { answer in
            try !["queued", "running"].contains(answer.json["state"] as? String ?? "")
        }
        return try await ask("GET", "/v1/jobs/\(job)").json
    }

    /// The first line of `handle`, read on a thread that may wait.
    private static func firstLine(of handle: FileHandle) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var bytes = Data()
                while case let part = handle.availableData, !part.isEmpty {
                    bytes += part
                    if part.contains(UInt8(ascii: "\n")) { break }
                }
                continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
            }
        }
    }
}
