import DaguerreGateway
import GatewaySupport
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// The gateway over a stub that draws nothing, for measuring and for checking it from outside.
///
/// `GatewayStub [PORT] [keys]` listens on 127.0.0.1 and says where; with `keys`, those of `FixedKeys` are asked for.
@main
enum GatewayStub {
    static func main() async throws {
        let logger = Logger(label: "gateway") { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = .error
            return handler
        }
        let server = StubServer()
        var configuration = GatewayConfiguration()
        configuration.port = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 7860
        let gateway = Gateway(
            service: server.service, keys: CommandLine.arguments.contains("keys") ? FixedKeys() : nil,
            configuration: configuration, logger: logger,
            onServing: {
                print("listening on 127.0.0.1:\($0)")
                fflush(nil)
            })
        try await server.running {
            try await ServiceGroup(services: [gateway], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
                .run()
        }
    }
}
