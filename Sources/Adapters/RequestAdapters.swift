public import DaguerreTensors

/// The adapters of one request, and for each component of the model the backend that applies them.
public struct RequestAdapters: Sendable {
    private let adaptations: [AdapterComponent: LayerAdaptations]
    private let prepared: PreparedAdapters

    /// What matched of each adapter, in the order of the request.
    public let receipts: [AdapterReceipt]

    /// Joins `adapters`, each with its weights; where several change one layer, they do so in this order.
    ///
    /// - Parameter prepared: matrices of the model that the adapters are bound to.
    /// - Throws: ``AdapterError/weight(field:found:expected:)`` for a weight that is no number or beyond ±100.
    public init(
        _ adapters: [(adapter: BoundAdapter, weights: AdapterWeights)], prepared: PreparedAdapters
    ) throws(AdapterError) {
        var adaptations: [AdapterComponent: LayerAdaptations] = [:]
        for component in AdapterComponent.allCases {
            let layers = try LayerAdaptations(adapters, of: component)
            if !layers.isEmpty { adaptations[component] = layers }
        }
        self.adaptations = adaptations
        self.prepared = prepared
        receipts = adapters.map(\.adapter.receipt)
    }

    /// What `component` is to run on: `base` itself where nothing changes the component.
    ///
    /// Text encoders, text states and time states are computed once, which is `evaluations` 1; the denoiser runs once in
    /// each step. A ControlNet's layers are called as the denoiser's are: it runs on the base.
    ///
    /// - Parameter base: what the model was built on, or a wrapper of it.
    public func backend(for component: AdapterComponent, over base: any Backend, evaluations: Int) -> any Backend {
        backend(for: component, over: base, policy: .automatic(evaluations: evaluations))
    }

    /// The same under a policy of the caller's: ``AdaptationPolicy/sidePath`` where copies would not fit in memory, say.
    public func backend(
        for component: AdapterComponent, over base: any Backend, policy: AdaptationPolicy
    ) -> any Backend {
        Self.backend(for: component, ofBatch: [self], over: base, policy: policy)
    }

    /// What `component` is to run on for a batch of images, each with the adapters of its own request.
    ///
    /// Row *r* of a batch belongs to request *r mod S*; see ``AdaptedBackend``. The requests are of one model.
    public static func backend(
        for component: AdapterComponent, ofBatch requests: [RequestAdapters], over base: any Backend,
        policy: AdaptationPolicy
    ) -> any Backend {
        guard let first = requests.first, requests.contains(where: { $0.adaptations[component] != nil }) else {
            return base
        }
        let samples = requests.map { $0.adaptations[component] ?? LayerAdaptations(none: component) }
        return AdaptedBackend(base, samples: samples, prepared: first.prepared, policy: policy)
    }
}
