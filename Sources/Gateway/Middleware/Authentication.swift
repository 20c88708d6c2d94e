import DaguerreJobs
import HTTPTypes
import Hummingbird
import Logging

/// Lets in whom the ``Doorkeeper`` knows, and tells the routes within who it is.
struct Authentication: RouterMiddleware {
    let doorkeeper: Doorkeeper

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        if !request.method.isSafe { try doorkeeper.checkOrigin(of: request.head) }
        var context = context
        var caller = try await doorkeeper.caller(of: request.head)
        caller.trace = context.trace
        context.identity = caller
        context.logger[metadataKey: "owner"] = .string(caller.owner.name)
        return try await next(request, context)
    }
}

extension HTTPRequest.Method {
    /// Whether it asks only, and changes nothing.
    var isSafe: Bool { self == .get || self == .head || self == .options }
}
