import DaguerreGateway
import DaguerreJobs
import DaguerreRegistry
import DaguerreServer
import DaguerreStorage
import Logging
import ServiceLifecycle
import UnixSignals

/// The gateway over the durable queue, with a worker that draws nothing.
enum StubServer {
    static func run(data: String, port: Int, isIdle: Bool) async throws {
        raiseDescriptorLimit()
        let lock = try FolderLock(data)
        let queue = try await SQLiteJobQueue(ServerDatabase(data), capacity: 10_000_000)
        let events = JobEvents()
        var configuration = GatewayConfiguration()
        configuration.port = port
        let service = JobService(
            queue: queue, blobs: try FileBlobStore(data + "/blobs"), events: events,
            registry: try await FolderRegistry(folder: nil), vocabulary: .engine, limits: RequestLimits(),
            estimate: { _ in 1 })
        var logger = Logger(label: "benchmark")
        logger.logLevel = .warning
        let gateway = Gateway(service: service, keys: nil, configuration: configuration, logger: logger) { port in
            print("GatewayBenchmark listens at http://127.0.0.1:\(port)")
        }
        let relayed = queue.changes()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await record in relayed { events.publish(record) } }
            if !isIdle { group.addTask { try await StubWorker(queue: queue, events: events).run() } }
            defer { group.cancelAll() }
            try await ServiceGroup(
                services: [gateway], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
            ).run()
        }
        withExtendedLifetime(lock) {}
    }
}

/// Holds every job, and once there is one with the prompt `begin`, tells of each of them once a second, spread evenly: what
/// it tells is the time at which it did.
private struct StubWorker {
    let queue: any JobQueue
    let events: JobEvents

    func run() async throws {
        var leases: [JobLease] = []
        var hasBegun = false
        while !hasBegun {
            guard let lease = try await queue.lease(preferring: [], seconds: 86400) else {
                try await Task.sleep(for: .milliseconds(20))
                continue
            }
            leases.append(lease)
            hasBegun = lease.job.request.prompt == "begin"
        }
        let clock = ContinuousClock()
        let interval = Duration.seconds(1) / Double(leases.count)
        var next = clock.now
        while !Task.isCancelled {
            for lease in leases {
                events.publish(
                    JobProgress(.denoising, step: 1, steps: 20, secondsLeft: sharedClock()), of: lease.job.id)
                next = next.advanced(by: interval)
                try await clock.sleep(until: next)
            }
        }
    }
}
