import DaguerreJobs
import Hummingbird

/// `/sdapi/v1/options`: a caller's own settings, all of which a client may send back with one of them changed.
struct WebUIOptionRoutes: Sendable {
    let core: CompatibleCore
    let sessions: WebUISessions

    func add(to group: RouterGroup<GatewayContext>) {
        group.get("sdapi/v1/options") { _, context in
            let options = sessions.options(of: try context.caller.owner)
            return try JSON.response(try await options.json(catalog))
        }
        group.post("sdapi/v1/options") { request, context in
            let owner = try context.caller.owner
            var fields = LooseFields(try await core.object(of: request))
            var options = sessions.options(of: owner)
            try await options.merge(&fields, catalog)
            sessions.setOptions(options, of: owner)
            return try JSON.response(JSONValue.null, headers: IgnoredFields.headers(fields.ignored))
        }
    }

    private var catalog: WebUICatalog { WebUICatalog(registry: core.service.registry) }
}
