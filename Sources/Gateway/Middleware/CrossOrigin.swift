import HTTPTypes
import Hummingbird

/// Lets pages of the allowed origins read answers; without any, every page but the server's own is kept out by its browser.
struct CrossOrigin: RouterMiddleware {
    let allowedOrigins: [String]

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        guard let origin = request.headers[.origin], allowedOrigins.contains(origin) else {
            return try await next(request, context)
        }
        var response: Response
        if request.method == .options, let method = request.headers[.accessControlRequestMethod] {
            response = Response(status: .noContent)
            response.headers[.accessControlAllowMethods] = method
            response.headers[.accessControlAllowHeaders] =
                "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Range, X-API-Key, X-Request-ID, traceparent"
            response.headers[.accessControlMaxAge] = "600"
        } else {
            response = try await next(request, context)
            response.headers[.accessControlExposeHeaders] =
                "Content-Disposition, Content-Range, ETag, Location, Retry-After, X-Request-ID"
        }
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.vary] = "Origin"
        return response
    }
}
