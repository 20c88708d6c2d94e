import DaguerreAccess
import DaguerreGateway
import DaguerreJobs
import DaguerreRegistry
import DaguerreStorage
import DaguerreWorker
import Glibc
import Logging
import NIOCore
import ServiceLifecycle

/// The whole server as one process: a queue in a folder, a worker that draws, and a gateway before them.
package struct Server: Sendable {
    private let settings: ServerSettings
    private let logger: Logger
    /// Keeps other servers out for as long as this value is there.
    private let lock: FolderLock
    private let registry: FolderRegistry
    private let relay: ChangeRelay
    private let services: [ServiceGroupConfiguration.ServiceConfiguration]
    private let stopRequest = StopRequest()
    private let address: ServingAddress

    /// Opens everything that a server needs.
    ///
    /// - Parameter onServing: is told the address once requests are answered.
    /// - Throws: ``ServerError``, or the reason of the part that cannot be had.
    package init(
        _ settings: ServerSettings, log: LogOutput = LogOutput(),
        onServing: @escaping @Sendable (_ address: String) async -> Void
    ) async throws {
        self.settings = settings
        logger = log.logger("daguerre", settings)
        do { _ = try settings.gateway.tls.map(TLSIdentity.init) } catch {
            throw ServerError.unusableTLS(reason: error.description)
        }
        lock = try FolderLock(settings.data)
        let database = try ServerDatabase(settings.data)
        let keys = SQLiteKeyStore(database)
        let pepper = try Pepper(at: settings.data + "/key.pepper")
        if !settings.isLoopback, try await keys.keys().allSatisfy({ $0.revoked != nil }) {
            throw ServerError.noKeys(host: settings.host)
        }
        // One that was named and is not there is probably misspelt.
        if settings.models == settings.data + "/models" { mkdir(settings.models, 0o700) }
        do {
            registry = try await FolderRegistry(
                folder: settings.models, default: settings.defaultModel, cachePath: settings.data + "/digests.json",
                describe: ModelDescription.reading)
        } catch let error as RegistryError {
            throw ServerError.unreadableModels(reason: error.description)
        }
        try await Self.check(settings.defaultModel, in: registry)
        let checker = try await Self.checker(settings, registry)
        let engine = settings.engine(checker: checker)
        do { try engine.previewSource.check() } catch { throw ServerError.unusablePreviewDecoder(reason: "\(error)") }

        let queue = try await SQLiteJobQueue(database, capacity: settings.queueCapacity)
        for line in queue.unreadableJobs {
            logger.error("a job that could not be read has failed", metadata: ["reason": "\(line)"])
        }
        if settings.safety != .off, case let count = try await queue.unjudgedImages(), count > 0 {
            logger.notice(
                "pictures that were drawn while safety was off are kept back, since nobody has judged them",
                metadata: ["count": .stringConvertible(count), "safety": "\(settings.safety.rawValue)"])
        }
        let blobs = try FileBlobStore(settings.data + "/blobs")
        let events = JobEvents()
        let costs = CostModel()
        relay = ChangeRelay(queue, events)
        let runner: EngineRunner
        do {
            runner = try EngineRunner(
                registry: registry, blobs: blobs, settings: engine, logger: log.logger("worker", settings))
            // A safety policy is in force before the first request, or the server does not start.
            if settings.safety != .off { try await runner.warm() }
        } catch {
            throw ServerError.noChecker(policy: settings.safety.rawValue, reason: error.message)
        }
        let startup = Startup(runner, isNeeded: settings.defaultModel != nil, logger: logger)
        let address = ServingAddress(settings)
        self.address = address
        let gateway = Gateway(
            service: JobService(
                queue: queue, blobs: blobs, events: events, registry: registry, vocabulary: .engine,
                limits: settings.limits, withholdsUnjudged: settings.safety != .off,
                estimate: costs.seconds),
            keys: settings.requireKeys ? KeyHolders(authenticator: KeyAuthenticator(keys, pepper)) : nil,
            configuration: settings.gateway, page: WebPage.files(), health: Health(isStarted: { startup.isDone }),
            logger: log.logger("gateway", settings), onServing: { await onServing(address.serving(at: $0)) })
        let worker = WorkerService(
            queue, runner, events, costs: costs, settings: settings.worker, logger: log.logger("worker", settings))
        let sweeper = Sweeper(queue: queue, blobs: blobs, retention: settings.retention, logger: logger)
        // They are shut down from the last to the first: the gateway waits for jobs that the worker still does.
        services = [
            .init(service: sweeper), .init(service: worker), .init(service: startup), .init(service: gateway),
            .init(service: stopRequest, successTerminationBehavior: .gracefullyShutdownGroup),
        ]
    }

    /// Asks the server to finish what it has begun and to end.
    package func stop() { stopRequest() }

    /// Serves until it is asked to stop.
    ///
    /// - Throws: why it could not go on.
    package func run() async throws {
        DescriptorLimit.raise()
        var configuration = ServiceGroupConfiguration(services: services, logger: logger)
        // Gateway and worker keep to their times by themselves; this is for what should not happen.
        configuration.maximumGracefulShutdownDuration = .seconds(settings.drainDelay + 2 * settings.drain + 15)
        let group = ServiceGroup(configuration: configuration)
        do {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                // These have no end of their own, and nobody needs them longer than the services.
                tasks.addTask { await relay.run() }
                tasks.addTask { await registry.run() }
                defer { tasks.cancelAll() }
                try await group.run()
            }
        } catch let error as IOError where !address.isServing {
            throw ServerError.cannotListen(address: address.text, reason: String(cString: strerror(error.errnoCode)))
        } catch let failure as JobFailure {
            throw ServerError.unusableModel(reason: failure.message)
        }
        logger.info("the server has ended")
    }

    /// A model that was named has to be there: another in its place would draw other pictures in silence.
    private static func check(_ name: String?, in registry: FolderRegistry) async throws {
        guard let name, await registry.entry(name, .checkpoint) == nil else { return }
        let names = await registry.entries(.checkpoint).map(\.name)
        throw ServerError.unknownModel(name: name, nearest: NearestName.find(name, in: names))
    }

    /// Where the safety checker of all models lies; nil where each model's own looks at its pictures.
    private static func checker(_ settings: ServerSettings, _ registry: FolderRegistry) async throws -> String? {
        if let path = settings.safetyChecker { return path }
        return await registry.entries(.safetyChecker).first?.path
    }
}
