public import DaguerreTensors
import Synchronization

/// Forwards to another backend and changes what adapters change, layer by layer, without touching the base weights.
///
/// A layer is looked up by its weight's name. Where adapters change it, their product runs beside it or a merged copy
/// stands in for its weight, as ``AdaptationPolicy`` says. One object serves one component of one request: the
/// components' layers have the same names.
///
/// With several samples, row *r* of an operation's batch belongs to sample *r mod S*, as the denoiser numbers them. Base
/// weights are then multiplied once for all rows, and each image is what it is alone, up to the last bits: libraries may
/// add in another order for another number of rows.
public final class AdaptedBackend: Sendable {
    let base: any Backend
    private let samples: [LayerAdaptations]
    private let prepared: PreparedAdapters
    private let policy: AdaptationPolicy
    /// What this request uses, whatever is forgotten meanwhile.
    private let held = Mutex<[PreparedAdapters.Key: PreparedLayer]>([:])
    /// Whether a layer is merged, by its path; decided once.
    private let decisions = Mutex<[Decision: Bool]>([:])

    private struct Decision: Hashable {
        let layer: String
        let parts: [LayerAdaptations.PartKey]
    }

    /// Adapts a component whose every row is of one image.
    ///
    /// - Parameters:
    ///   - base: what the model was built on, or a wrapper of it.
    ///   - prepared: matrices of the same model on the same backend.
    public convenience init(
        _ base: any Backend, _ adaptations: LayerAdaptations, prepared: PreparedAdapters, policy: AdaptationPolicy
    ) {
        self.init(base, samples: [adaptations], prepared: prepared, policy: policy)
    }

    /// Adapts a component for a batch of images, each with its own adapters; `samples` are of one component.
    ///
    /// Layers of the time embedding have steps for rows: where the samples differ in them, they throw
    /// ``AdapterError/differsBetweenSamples(layer:)``, and the times are to be computed for each sample apart.
    public init(
        _ base: any Backend, samples: [LayerAdaptations], prepared: PreparedAdapters, policy: AdaptationPolicy
    ) {
        precondition(!samples.isEmpty, "there is a sample")
        precondition(Set(samples.map(\.component)).count == 1, "samples are of one component")
        self.base = base
        self.samples = samples
        self.prepared = prepared
        self.policy = policy
    }

    /// Neighbouring rows of a batch that are computed alike.
    struct Run {
        let rows: Range<Int>
        /// Nil for the base weight alone.
        let treatment: Treatment?
    }

    /// What adapters make of a layer.
    enum Treatment: Sendable {
        case beside([WeighedPath])
        case merged(PreparedLayer)
    }

    /// How a layer's weight is prepared anew.
    struct Recipe {
        /// The path of the layer.
        let path: String
        /// Channel vectors of the output for each entry of the batch.
        let rowsOfEntry: Int
        var padding: Padding?
        /// Equal weights that the outputs are in.
        var pieceCount = 1
        let down: (HostTensor) throws -> SidePath.Down
        let merge: (WeightMerger.Merged) throws -> PreparedLayer
    }

    /// The runs of a batch of `count` for a layer; nil where nothing changes it.
    func runs(_ recipe: Recipe, count: Int) throws -> [Run]? {
        let layers = samples.map { $0.layers[recipe.path] }
        guard layers.contains(where: { $0 != nil }) else { return nil }
        if layers.dropFirst().allSatisfy({ $0?.key == layers[0]?.key }), let layer = layers[0] {
            // Decided as for one image alone, whose bits do not depend on the company.
            let rows = max(count / samples.count, 1) * recipe.rowsOfEntry
            return [Run(rows: 0..<count, treatment: try treatment(layer, recipe, rows: rows))]
        }
        guard count % samples.count == 0, !Self.hasStepsForRows(recipe.path) else {
            throw AdapterError.differsBetweenSamples(layer: recipe.path)
        }
        let treatments = try layers.map {
            try $0.map { try treatment($0, recipe, rows: count / samples.count * recipe.rowsOfEntry) }
        }
        var runs: [Run] = []
        for row in 0..<count {
            let sample = row % samples.count
            if let last = runs.last, layers[(row - 1) % samples.count]?.key == layers[sample]?.key {
                runs[runs.count - 1] = Run(rows: last.rows.lowerBound..<row + 1, treatment: last.treatment)
            } else {
                runs.append(Run(rows: row..<row + 1, treatment: treatments[sample]))
            }
        }
        return runs
    }

    private static func hasStepsForRows(_ path: String) -> Bool {
        path.hasPrefix("time_embedding.") || path.hasPrefix("add_embedding.") || path.hasSuffix(".time_emb_proj")
    }

    /// What is to be done for `layer` by `recipe`, for so many channel vectors of one image.
    private func treatment(_ layer: LayerAdaptations.Layer, _ recipe: Recipe, rows: Int) throws -> Treatment {
        let component = samples[0].component
        guard let layers = prepared.target.components[component], let shape = layers.layers[recipe.path]?.shape else {
            throw AdapterError.matchesNothing(file: component.rawValue, example: recipe.path)
        }
        func key(_ form: PreparedAdapters.Form) -> PreparedAdapters.Key {
            PreparedAdapters.Key(component: component, layer: recipe.path, padding: recipe.padding, form: form)
        }
        guard let products = layer.products, !isMerged(layer, products, recipe, shape, rows: rows) else {
            return .merged(
                try prepared(key(.merged(layer.key))) {
                    try recipe.merge(WeightMerger(backend: base, layers: layers).merged(recipe.path, layer))
                })
        }
        return .beside(
            try products.map { product in
                let layer = try prepared(key(.sidePath(digest: product.digest))) {
                    .sidePath(
                        try SidePath(
                            product.product, name: recipe.path, shape: shape, pieceCount: recipe.pieceCount, on: base,
                            down: recipe.down))
                }
                guard case .sidePath(let path) = layer else {
                    throw BackendError.foreignStorage(operation: recipe.path)
                }
                return WeighedPath(path: path, factor: product.factor)
            })
    }

    /// What this request holds for `key`, or what the cache has, or else `make`s.
    private func prepared(
        _ key: PreparedAdapters.Key, make: () throws -> PreparedLayer
    ) throws -> PreparedLayer {
        if let known = held.withLock({ $0[key] }) { return known }
        let layer = try prepared.layer(for: key, make: make)
        held.withLock { $0[key] = layer }
        return layer
    }

    private func isMerged(
        _ layer: LayerAdaptations.Layer, _ products: [LayerAdaptations.Product], _ recipe: Recipe, _ shape: Shape,
        rows: Int
    ) -> Bool {
        switch policy {
        case .sidePath: return false
        case .merged: return true
        case .automatic(let evaluations):
            return decisions.withLock { decisions in
                let decision = Decision(layer: recipe.path, parts: layer.key)
                if let known = decisions[decision] { return known }
                let cost = AdaptationCost(
                    rows: rows, outputs: shape[0], inputs: shape.elementCount / max(shape[0], 1),
                    ranks: products.map(\.product.rank))
                let isMerged = cost.prefersMerging(evaluations: evaluations)
                decisions[decision] = isMerged
                return isMerged
            }
        }
    }

    /// What `compute` makes of each run, joined again.
    func joined(_ runs: [Run], _ compute: (Run) throws -> Tensor) throws -> Tensor {
        guard runs.count > 1 else { return try compute(runs[0]) }
        return try base.concatenateBatch(runs.map(compute))
    }
}
