import COpenAPI
import HTTPTypes
import Hummingbird

/// `/openapi.json`: the description of the native interface, which tests hold against what the routes do.
struct OpenAPIRoutes: Sendable {
    /// The document, as it lies in `docs`.
    static let document = ByteBuffer(
        bytes: UnsafeBufferPointer(start: open_api_bytes(), count: open_api_byte_count()))

    func add(to group: RouterGroup<GatewayContext>) {
        group.get("openapi.json") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-cache"],
                body: ResponseBody(byteBuffer: Self.document))
        }
    }
}
