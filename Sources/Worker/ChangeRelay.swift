public import DaguerreJobs
public import ServiceLifecycle

/// Tells those who watch jobs of every change that a queue makes: its one reader for this.
public struct ChangeRelay: Service {
    private let changes: AsyncStream<JobRecord>
    private let events: JobEvents

    /// How long it still listens once it is to shut down: the last jobs' ends are on their way.
    private static let rest = Duration.milliseconds(100)

    /// Tells `events` of what changes in `queue` from now on.
    public init(_ queue: any JobQueue, _ events: JobEvents) {
        changes = queue.changes()
        self.events = events
    }

    /// Goes on until the server shuts down; a group that lists it before the worker shuts it down after that.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await record in changes { events.publish(record) } }
            group.addTask {
                do {
                    try await gracefulShutdown()
                    try await Task.sleep(for: Self.rest)
                } catch {
                    // Cancelled with the server.
                }
            }
            await group.next()
            group.cancelAll()
        }
    }
}
