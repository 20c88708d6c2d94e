import Hummingbird

/// The interfaces of other servers, each as far as the configuration has it.
struct CompatibleRoutes: Sendable {
    let core: CompatibleCore
    private let interfaces: Set<GatewayConfiguration.Interface>

    init(service: JobService, configuration: GatewayConfiguration, _ largeBodies: OwnerSlots) {
        interfaces = configuration.interfaces
        core = CompatibleCore(
            service: service,
            fetcher: configuration.imageHosts.isEmpty
                ? nil
                : ImageFetcher(
                    hosts: configuration.imageHosts, resolve: ImageFetcher.resolved, get: ImageFetcher.request),
            bounds: configuration.bounds, largeBodies: largeBodies,
            pictureWork: PictureWork(service, bounds: configuration.bounds),
            publicAddress: configuration.publicAddress,
            hasTLS: configuration.tls != nil, modelAliases: configuration.modelAliases)
    }

    /// - Parameter group: makes a group of routes whose errors have the shape given.
    func add(_ group: (any ErrorShape) -> RouterGroup<GatewayContext>) {
        if interfaces.contains(.webUI) {
            let sessions = WebUISessions()
            let routes = group(WebUIErrors())
            WebUIDrawingRoutes(core: core, sessions: sessions).add(to: routes)
            WebUIOptionRoutes(core: core, sessions: sessions).add(to: routes)
            WebUIProgressRoutes(core: core, sessions: sessions).add(to: routes)
            WebUIListRoutes(core: core).add(to: routes)
            WebUIExtraRoutes(core: core).add(to: routes)
            ControlNetRoutes(core: core).add(to: routes)
        }
        if interfaces.contains(.openAI) { OpenAIImageRoutes(core: core).add(to: group(OpenAIErrors())) }
        if interfaces.contains(.minimal) { MinimalRoutes(core: core).add(to: group(MinimalErrors())) }
    }
}
