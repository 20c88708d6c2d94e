import DaguerreJobs
import Hummingbird

/// `/livez`, `/startupz`, `/readyz`: what whoever keeps the server running asks.
struct HealthRoutes: Sendable {
    static let paths: Set<String> = ["/livez", "/startupz", "/readyz", "/metrics"]

    let service: JobService
    let health: Health

    func add(to group: RouterGroup<GatewayContext>) {
        group.get("livez") { _, _ in Self.answer("ok", .ok) }
        group.get("startupz") { _, _ in
            await health.isStarted() ? Self.answer("ok", .ok) : Self.answer("starting", .serviceUnavailable)
        }
        group.get("readyz") { _, _ in
            if service.draining.isDraining { return Self.answer("draining", .serviceUnavailable) }
            guard await health.isStarted(), await health.isReady() else {
                return Self.answer("not ready", .serviceUnavailable)
            }
            _ = try await service.queue.depth()
            return Self.answer("ok", .ok)
        }
    }

    private static func answer(_ text: String, _ status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text + "\n")))
    }
}

/// What the rest of the server says of itself when it is asked.
public struct Health: Sendable {
    /// Whether everything that must be done before work can begin is done.
    public var isStarted: @Sendable () async -> Bool
    /// Whether work can be accepted now.
    public var isReady: @Sendable () async -> Bool

    /// Always well, unless said otherwise.
    public init(
        isStarted: @escaping @Sendable () async -> Bool = { true },
        isReady: @escaping @Sendable () async -> Bool = { true }
    ) {
        self.isStarted = isStarted
        self.isReady = isReady
    }
}
