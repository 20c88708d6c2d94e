import Logging
import NIOCore
import Synchronization

/// Ends WebSockets and event streams whose key has been revoked: a connection that stays open is not to outlive the right to it.
///
/// Every key is looked up once per round, however many connections it has.
final class KeyWatch: Sendable {
    /// Is sent through the pipeline of a connection whose key is no longer good.
    struct KeyRefused: Error {
        /// What a client is told.
        static let reason = "the key has been revoked"
    }

    private let keys: any CallerSource
    private let interval: Duration
    private let logger: Logger
    private let channels = Mutex<[String: [ObjectIdentifier: any Channel]]>([:])

    /// - Parameter interval: between looks; `keys` may believe a key for a while beside.
    init(_ keys: any CallerSource, every interval: Duration, logger: Logger) {
        self.keys = keys
        self.interval = interval
        self.logger = logger
    }

    /// Watches over `channel`, which `key` has opened, until ``forget(_:openedBy:)``.
    func watch(_ channel: any Channel, openedBy key: String) {
        channels.withLock { $0[key, default: [:]][ObjectIdentifier(channel)] = channel }
    }

    /// No longer watches over `channel`.
    func forget(_ channel: any Channel, openedBy key: String) {
        channels.withLock { channels in
            channels[key]?[ObjectIdentifier(channel)] = nil
            if channels[key]?.isEmpty == true { channels[key] = nil }
        }
    }

    /// Looks until the task is cancelled.
    func run() async throws {
        while true {
            try await Task.sleep(for: interval)
            for key in channels.withLock({ Array($0.keys) }) {
                do {
                    if try await keys.caller(presenting: key) != nil { continue }
                } catch {
                    // Nobody is sent away for a fault of the store.
                    logger.error("The key of open connections could not be looked up", metadata: ["error": "\(error)"])
                    continue
                }
                for channel in channels.withLock({ $0[key].map { Array($0.values) } ?? [] }) {
                    channel.pipeline.fireUserInboundEventTriggered(KeyRefused())
                }
            }
        }
    }
}
