import DaguerreAccess
import Hummingbird

/// `/metrics`: what Prometheus reads.
struct MetricsRoutes: Sendable {
    let registry: MetricsRegistry
    /// Whether callers must be administrators.
    let takesKey: Bool

    func add(to group: RouterGroup<GatewayContext>) {
        group.get("metrics") { _, context in
            if takesKey { try context.caller.require(.admin) }
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: await registry.text())))
        }
    }
}
