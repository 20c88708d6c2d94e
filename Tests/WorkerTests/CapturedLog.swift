import Logging
import Synchronization

/// What was logged, each message with its metadata.
final class CapturedLog: Sendable {
    private let entries = Mutex<[(message: String, metadata: [String: String])]>([])

    /// A logger that writes here.
    var logger: Logger {
        Logger(label: "test") { [self] _ in
            Handler { [self] message, metadata in entries.withLock { $0.append((message, metadata)) } }
        }
    }

    /// The metadata of each time `message` was logged.
    func all(_ message: String) -> [[String: String]] {
        entries.withLock { $0.filter { $0.message == message }.map(\.metadata) }
    }

    private struct Handler: LogHandler {
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        let write: @Sendable (String, [String: String]) -> Void

        init(_ write: @escaping @Sendable (String, [String: String]) -> Void) { self.write = write }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
            write("\(event.message)", fields.mapValues { "\($0)" })
        }
    }
}
