import DaguerreJobs
import Logging
import ServiceLifecycle

/// Lets time pass in the queue: leases and deadlines end, and what nobody keeps any longer is removed.
struct Sweeper: Service {
    let queue: any JobQueue
    let blobs: any BlobStore
    let retention: Retention
    let logger: Logger

    /// Seconds between sweeps: a job whose deadline has passed is seen to have expired that late at most.
    private static let interval = 1.0
    /// Seconds between looks at every blob, for those that nothing refers to any longer.
    private static let orphanInterval = 600.0
    /// Seconds after its writing before which a blob may be about to be referred to: a worker stores all images of a job
    /// before the queue hears of them.
    private static let orphanAge = 900.0

    /// Sweeps until the server shuts down.
    func run() async throws {
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
    private func removeOrphans() async {
        do {
            let now = Timestamp.now()
            for (digest, written) in try await blobs.all() where now.seconds(since: written) > Self.orphanAge {
                guard try await !queue.isReferred(digest) else { continue }
                try await blobs.remove(digest)
            }
        } catch {
            logger.error("images that nothing refers to could not be removed", metadata: ["error": "\(error)"])
        }
    }
}
