public import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// HTTP, server-sent events and WebSocket: every interface over one ``JobService``.
public struct Gateway: Service {
    /// Answers requests, whatever brings them.
    public let responder: RouterResponder<GatewayContext>
    /// Every path and method that is answered.
    public let routes: [Route]
    let service: JobService
    let doorkeeper: Doorkeeper
    let configuration: GatewayConfiguration
    let logger: Logger
    private let onServing: @Sendable (_ port: Int) async -> Void

    /// A gateway that does not listen yet.
    ///
    /// - Parameters:
    ///   - keys: who holds which key; nil lets everyone in, which is for a server that only its own machine reaches.
    ///   - page: the page's files.
    ///   - onServing: is told the port once the gateway listens.
    public init(
        service: JobService, keys: (any CallerSource)?, configuration: GatewayConfiguration = GatewayConfiguration(),
        page: [PageFile] = [], health: Health = Health(), logger: Logger,
        onServing: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.service = service
        self.configuration = configuration
        self.logger = logger
        self.onServing = onServing
        doorkeeper = Doorkeeper(
            keys: keys, allowedOrigins: configuration.allowedOrigins, allowedHosts: configuration.allowedHosts)
        let table = RouteTable(
            service: service, doorkeeper: doorkeeper, configuration: configuration, page: page, health: health)
        (responder, routes) = table.build()
    }

    /// Listens and answers until the service group shuts down; then says that it is not ready, waits, stops listening, and
    /// finishes what it has begun.
    public func run() async throws {
        let date = HTTPDate()
        let server = Server(
            childChannelSetup: HTTP1Channel(responder: { [responder, logger] request, writer, channel in
                let context = GatewayContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
                var response = try await responder.respond(to: request, context: context)
                response.headers[.date] = date.now
                try await writer.write(response: response.head, body: response.body)
            }),
            configuration: ServerConfiguration(address: .hostname(configuration.host, port: configuration.port)),
            onServerRunning: { [onServing] channel in await onServing(channel.localAddress?.port ?? 0) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
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
                }
                group.addTask {
                    for await _ in shutdown {}
                    try await drain(server)
                }
                try await group.next()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            service.draining.begin()
            shutdownSource.finish()
        }
    }

    private func drain(_ server: Server<HTTP1Channel>) async throws {
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
