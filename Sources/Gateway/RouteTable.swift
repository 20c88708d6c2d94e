import DaguerreAccess
import Hummingbird

/// Which routes there are, and what stands before them.
struct RouteTable {
    let service: JobService
    let doorkeeper: Doorkeeper
    let configuration: GatewayConfiguration
    let page: [PageFile]
    let health: Health
    let metrics: GatewayMetrics

    func build() -> (RouterResponder<GatewayContext>, [Route]) {
        let router = Router(context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: RequestObservation { [metrics] in metrics.answered($0, $1, $2, $3) })
        router.add(middleware: CrossOrigin(allowedOrigins: configuration.allowedOrigins))
        router.add(middleware: ErrorResponses(ProblemDetails()))
        let register = RouteRegister(router)
        addOpen(to: register.group())
        let largeBodies = OwnerSlots(configuration.bounds.largeBodies)
        addNative(to: guarded(register, ProblemDetails()), largeBodies)
        CompatibleRoutes(service: service, configuration: configuration, largeBodies).add { guarded(register, $0) }
        register.refuseOtherMethods()
        return (router.buildResponder(), register.routes)
    }

    /// What anyone may see.
    private func addOpen(to group: RouterGroup<GatewayContext>) {
        HealthRoutes(service: service, health: health).add(to: group)
        OpenAPIRoutes().add(to: group)
        if configuration.servesPage { PageRoutes(files: page).add(to: group) }
        if metricsAreOpen { MetricsRoutes(registry: metrics.registry, takesKey: false).add(to: group) }
    }

    private func addNative(to group: RouterGroup<GatewayContext>, _ largeBodies: OwnerSlots) {
        let bounds = configuration.bounds
        JobRoutes(service: service, bounds: bounds).add(to: group)
        EventRoutes(service: service).add(to: group)
        ImageRoutes(service: service, bounds: bounds, largeBodies: largeBodies).add(to: group)
        CatalogRoutes(service: service).add(to: group)
        // Connections that may become WebSockets never come here: this says why one may not.
        group.get("v1/ws") { request, _ -> Response in
            try doorkeeper.checkOrigin(of: request.head)
            throw GatewayError.upgradeRequired
        }
        if !metricsAreOpen { MetricsRoutes(registry: metrics.registry, takesKey: true).add(to: group) }
    }

    private var metricsAreOpen: Bool { configuration.metricsAreOpen || doorkeeper.keys == nil }

    /// Where the routes of one interface go: errors in its shape, and no one but callers who are known.
    private func guarded(_ register: RouteRegister, _ shape: any ErrorShape) -> RouterGroup<GatewayContext> {
        register.group()
            .add(middleware: ErrorResponses(shape))
            .add(middleware: Authentication(doorkeeper: doorkeeper))
    }
}
