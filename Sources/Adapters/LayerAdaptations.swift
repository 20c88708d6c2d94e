import DaguerreTensors

/// What one image's adapters change in one component, layer by layer.
public struct LayerAdaptations: Sendable {
    /// One adapter's share in a layer.
    struct Part: Sendable {
        let delta: LayerDelta
        /// The request's weight times the block's.
        let factor: Double
        let digest: String
    }

    /// Tells two changes of one layer apart.
    struct PartKey: Hashable, Sendable {
        let digest: String
        let factor: Double
    }

    /// In the order of the request; never empty.
    struct Layer: Sendable {
        let parts: [Part]
        let key: [PartKey]

        init(_ parts: [Part]) {
            self.parts = parts
            key = parts.map { PartKey(digest: $0.digest, factor: $0.factor) }
        }

        /// The products, where every part is nothing else.
        var products: [Product]? {
            var products: [Product] = []
            for part in parts {
                guard let product = part.delta.lowRank else { return nil }
                products.append(
                    Product(product: product, factor: part.factor * product.scale, digest: part.digest))
            }
            return products
        }
    }

    /// A part that can run beside its layer.
    struct Product: Sendable {
        let product: WeightChange.LowRank
        /// The request's weight times the block's times the file's own scale.
        let factor: Double
        let digest: String
    }

    /// Whose layers these are.
    public let component: AdapterComponent
    /// By the path of the layer; layers that nothing changes are not there.
    let layers: [String: Layer]

    /// No change at all.
    public init(none component: AdapterComponent) {
        self.component = component
        layers = [:]
    }

    /// Joins `adapters`, each with its weights; where several change one layer, they do so in this order.
    ///
    /// - Throws: ``AdapterError/weight(field:found:expected:)`` for a weight that is no number or beyond ±100.
    public init(
        _ adapters: [(adapter: BoundAdapter, weights: AdapterWeights)], of component: AdapterComponent
    ) throws(AdapterError) {
        self.component = component
        var parts: [String: [Part]] = [:]
        for (adapter, weights) in adapters {
            try weights.check()
            guard weights[component] != 0 else { continue }
            for (path, change) in adapter.layers[component] ?? [:] {
                let block = weights.blocks?.factor(component, path: path, block: change.block) ?? 1
                guard block != 0 else { continue }
                parts[path, default: []].append(
                    Part(
                        delta: change.delta, factor: weights[component] * block, digest: adapter.receipt.digest))
            }
        }
        layers = parts.mapValues(Layer.init)
    }

    /// Whether nothing is changed, so that the component may run on its backend as it is.
    public var isEmpty: Bool { layers.isEmpty }
}
