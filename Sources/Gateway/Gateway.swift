import DaguerreJobs
public import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
import NIOSSL
public import ServiceLifecycle

/// HTTP, server-sent events and WebSocket: every interface over one ``JobService``.
public struct Gateway: Service {
    /// Answers requests, whatever brings them.
    public let responder: RouterResponder<GatewayContext>
    /// Every path and method that is answered.
    public let routes: [Route]
    private let service: JobService
    private let doorkeeper: Doorkeeper
    private let configuration: GatewayConfiguration
    private let connections: OpenConnections
    private let watch: KeyWatch?
    private let metrics: GatewayMetrics
    private let logger: Logger
    private let onServing: @Sendable (_ port: Int) async -> Void

    /// A gateway that does not listen yet.
    ///
    /// - Parameters:
    ///   - keys: who holds which key; nil lets everyone in, which is for a server that only its own machine reaches.
    ///   - page: the page's files.
    ///   - metrics: where it counts, beside what the rest of the server counts.
    ///   - onServing: is told the port once the gateway listens.
    public init(
        service: JobService, keys: (any CallerSource)?, configuration: GatewayConfiguration = GatewayConfiguration(),
        page: [PageFile] = [], health: Health = Health(), metrics: MetricsRegistry = MetricsRegistry(), logger: Logger,
        onServing: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.service = service
        self.configuration = configuration
        self.logger = logger
        self.onServing = onServing
        connections = OpenConnections(
            most: configuration.bounds.connections, perAddress: configuration.bounds.connectionsPerAddress)
        self.metrics = GatewayMetrics(metrics, service: service, connections: connections)
        watch = keys.map { KeyWatch($0, every: .seconds(configuration.bounds.keySeconds), logger: logger) }
        doorkeeper = Doorkeeper(
            keys: keys, allowedOrigins: configuration.allowedOrigins, allowedHosts: configuration.allowedHosts)
        let table = RouteTable(
            service: service, doorkeeper: doorkeeper, configuration: configuration, page: page, health: health,
            metrics: self.metrics)
        (responder, routes) = table.build()
    }

    /// Listens and answers until the service group shuts down; then says that it is not ready, waits, stops listening, and
    /// finishes what it has begun.
    ///
    /// - Throws: what binding the port throws; ``TLSError`` if the TLS files cannot be used.
    public func run() async throws {
        let server = Server(
            childChannelSetup: try channel(),
            configuration: ServerConfiguration(
                address: .hostname(configuration.host, port: configuration.port), backlog: 1024),
            onServerRunning: { [onServing] channel in await onServing(channel.localAddress?.port ?? 0) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        do {
            try await serve(with: server)
        } catch {
            await connections.close()
            throw error
        }
        await connections.close()
    }

    private func serve(with server: Server<GatewayChannel>) async throws {
        let (shutdown, shutdownSource) = AsyncStream<Void>.makeStream()
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                // The listener is to outlast the signal by the delay, so it must not see the group's shutdown: a detached task
                // does not inherit it, and is cancelled with this one.
                let listening = Task.detached { try await server.run() }
                group.addTask {
                    try await withTaskCancellationHandler {
                        try await listening.value
                    } onCancel: {
                        listening.cancel()
                    }
                    // Connections outlast the listener, and `drain` knows when they have ended.
                    if service.draining.isDraining { try await Task.sleep(for: .seconds(1_000_000_000)) }
                }
                group.addTask {
                    for await _ in shutdown {}
                    try await drain(server)
                }
                if let watch { group.addTask { try await watch.run() } }
                group.addTask {
                    for await job in service.queue.changes() { metrics.changed(job) }
                    // A queue that tells of no changes any longer does not end the gateway.
                    try await Task.sleep(for: .seconds(1_000_000_000))
                }
                try await group.next()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            service.draining.begin()
            shutdownSource.finish()
        }
    }

    private func channel() throws -> GatewayChannel {
        let date = HTTPDate()
        return GatewayChannel(
            respond: { [responder, logger] request, channel in
                let context = GatewayContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
                var response = try await responder.respond(to: request, context: context)
                response.headers[.date] = date.now
                return response
            },
            bounds: configuration.bounds, connections: connections, watch: watch, tls: try tls(),
            webSocket: WebSocketDoor(
                service: service, doorkeeper: doorkeeper, bounds: configuration.bounds, connections: connections,
                watch: watch))
    }

    private func tls() throws -> NIOSSLContext? {
        guard let identity = try configuration.tls.map(TLSIdentity.init) else { return nil }
        if let concern = identity.concern { logger.warning("\(concern)") }
        return identity.context
    }

    private func drain(_ server: Server<GatewayChannel>) async throws {
        try await Task.sleep(for: .seconds(configuration.drainDelaySeconds))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.shutdownGracefully() }
            group.addTask {
                try await Task.sleep(for: .seconds(configuration.drainSeconds))
                service.draining.expire()
                try await Task.sleep(for: .seconds(2))
            }
            try await group.next()
            group.cancelAll()
        }
    }
}
