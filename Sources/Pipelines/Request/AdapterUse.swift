public import DaguerreAdapters

/// An adapter of one request, and how much of it.
public struct AdapterUse: Sendable {
    /// The adapter, bound to the model that draws.
    public var adapter: BoundAdapter
    /// For each component.
    public var weights: AdapterWeights

    /// Uses `adapter` as far as `weights` say.
    public init(_ adapter: BoundAdapter, weights: AdapterWeights = AdapterWeights()) {
        self.adapter = adapter
        self.weights = weights
    }
}
