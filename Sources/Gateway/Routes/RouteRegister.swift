public import HTTPTypes
import Hummingbird

/// A path and a method that the gateway answers.
public struct Route: Hashable, Sendable {
    /// As a template: `/v1/jobs/{id}`.
    public let path: String
    /// The method.
    public let method: HTTPRequest.Method
}

/// Adds routes to a router and remembers them, so that other methods of the same path can be refused by name and the
/// description of the interface can be held against what there is.
final class RouteRegister: RouterMethods {
    typealias Context = GatewayContext

    private let router: Router<GatewayContext>
    private var added: [(path: RouterPath, method: HTTPRequest.Method)] = []

    init(_ router: Router<GatewayContext>) { self.router = router }

    /// What has been added.
    var routes: [Route] { added.map { Route(path: $0.path.description, method: $0.method) } }

    func on<Responder: HTTPResponder>(_ path: RouterPath, method: HTTPRequest.Method, responder: Responder) -> Self
    where Responder.Context == GatewayContext {
        added.append((path, method))
        router.on(path, method: method, responder: responder)
        return self
    }

    func add(middleware: any MiddlewareProtocol<Request, Response, GatewayContext>) -> Self {
        router.add(middleware: middleware)
        return self
    }

    /// Refuses every other method of the paths that there are.
    func refuseOtherMethods() {
        for (path, entries) in Dictionary(grouping: added, by: \.path.description) {
            var methods = entries.map(\.method)
            if methods.contains(.get) { methods.append(.head) }
            let allowed = Array(Set(methods + [.options]))
            for method in Self.methods where !methods.contains(method) {
                router.on(RouterPath(path), method: method) { _, _ -> Response in
                    guard method == .options else { throw GatewayError.methodNotAllowed(allowed) }
                    return Response(
                        status: .noContent,
                        headers: [.allow: allowed.map(\.rawValue).sorted().joined(separator: ", ")])
                }
            }
        }
    }

    private static let methods: [HTTPRequest.Method] =
        [.get, .head, .post, .put, .patch, .delete, .options, .trace] + [HTTPRequest.Method("QUERY")].compactMap(\.self)
}
