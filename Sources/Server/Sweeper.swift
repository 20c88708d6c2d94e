package import DaguerreJobs
package import Logging
import ServiceLifecycle

/// Lets time pass in the queue: leases and deadlines end, and what nobody keeps any longer is removed.
package struct Sweeper: Service {
    private let queue: any JobQueue
    private let blobs: any BlobStore
    private let retention: Retention
    private let logger: Logger

    /// Seconds between sweeps: a job whose deadline has passed is seen to have expired that late at most.
    private static let interval = 1.0
    /// Seconds between looks at every blob, for those that nothing refers to any longer.
    private static let orphanInterval = 600.0
    /// Seconds after its writing before which a blob may be about to be referred to: a worker stores all images of a job
    /// before the queue hears of them.
    private static let orphanAge = 900.0

    /// Sweeps `queue` as `retention` says, and `blobs` of what it does not refer to.
    package init(queue: any JobQueue, blobs: any BlobStore, retention: Retention, logger: Logger) {
        self.queue = queue
        self.blobs = blobs
        self.retention = retention
        self.logger = logger
    }

    /// Sweeps until the server shuts down.
    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var nextOrphans = Timestamp.now() + Self.orphanInterval
            while !Task.isCancelled {
                await sweep()
                if Timestamp.now() >= nextOrphans {
                    await removeOrphans()
                    nextOrphans = .now() + Self.orphanInterval
                }
                try await Task.sleep(for: .seconds(Self.interval))
            }
        }
    }

    private func sweep() async {
        do {
            // What nothing refers to now may be stored again this moment, since equal images are one blob: its age decides.
            _ = try await queue.sweep(retention)
        } catch {
            // The disk may be full: what could not be done now is done by a later sweep.
            logger.error("the queue could not be swept", metadata: ["error": "\(error)"])
        }
    }

    /// Jobs that are forgotten leave their images behind, and so does a crash before the end of a job.
    package func removeOrphans() async {
        do {
            let moment = Timestamp.now() + -Self.orphanAge
            for (digest, written) in try await blobs.all() where written < moment {
                guard try await !queue.isReferred(digest) else { continue }
                // It may have been put again since it was listed.
                try await blobs.remove(digest, ifOlderThan: moment)
            }
        } catch {
            logger.error("images that nothing refers to could not be removed", metadata: ["error": "\(error)"])
        }
    }
}
