import DaguerreAccess
import Hummingbird

/// Which routes there are, and what stands before them.
struct RouteTable {
    let service: JobService
    let doorkeeper: Doorkeeper
    let configuration: GatewayConfiguration
    let page: [PageFile]
    let health: Health

    func build() -> (RouterResponder<GatewayContext>, [Route]) {
        let router = Router(context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: RequestObservation { _, _, _, _ in })
        router.add(middleware: CrossOrigin(allowedOrigins: configuration.allowedOrigins))
        router.add(middleware: ErrorResponses(ProblemDetails()))
        let register = RouteRegister(router)
        HealthRoutes(service: service, health: health).add(to: register.group())
        CompatibleRoutes(service: service, configuration: configuration).add { guarded(register, $0) }
        register.refuseOtherMethods()
        return (router.buildResponder(), register.routes)
    }

    /// Where the routes of one interface go: errors in its shape, and no one but callers who are known.
    private func guarded(_ register: RouteRegister, _ shape: any ErrorShape) -> RouterGroup<GatewayContext> {
        register.group()
            .add(middleware: ErrorResponses(shape))
            .add(middleware: Authentication(doorkeeper: doorkeeper))
    }
}
