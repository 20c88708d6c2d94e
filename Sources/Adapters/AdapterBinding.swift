import DaguerreTensors

/// An adapter whose modules have found their layers in one model.
public struct BoundAdapter: Sendable {
    /// What matched, and what did not.
    public let receipt: AdapterReceipt

    /// Changes by the path of the layer.
    let layers: [AdapterComponent: [String: Change]]

    struct Change: Sendable {
        let delta: LayerDelta
        /// What users who weigh blocks call the block that the layer is in.
        let block: String?
    }
}

extension Adapter {
    /// Finds the layer of `target` that each module names.
    ///
    /// - Parameter strict: refuses keys that name no layer, which are otherwise listed in the receipt.
    /// - Throws: ``AdapterError/otherFamily(file:family:reason:)`` for an adapter of another family of models, and
    ///   whatever else does not fit.
    public func bind(to target: AdapterTarget, strict: Bool = false) throws(AdapterError) -> BoundAdapter {
        try AdapterFamily.check(self, fits: target)
        var layers: [AdapterComponent: [String: BoundAdapter.Change]] = [:]
        var unmatched = unknownKeys
        var kinds: [String: Int] = [:]
        var ranks: Set<Int> = []
        for module in modules {
            guard let component = target.components[module.component],
                let path = component.path(of: module.name, module.component), let layer = component.layers[path],
                layers[module.component]?[path] == nil
            else {
                unmatched += module.keys
                continue
            }
            try check(module, fits: layer)
            layers[module.component, default: [:]][path] = BoundAdapter.Change(delta: module.delta, block: layer.block)
            kinds[module.delta.kind.rawValue, default: 0] += 1
            ranks.formUnion(module.delta.weight?.ranks ?? [])
        }
        guard !layers.isEmpty else {
            throw .matchesNothing(file: file, example: modules.first?.keys.first ?? "")
        }
        unmatched.sort()
        guard !strict || unmatched.isEmpty else { throw .unmatched(file: file, keys: unmatched) }
        let matched = layers.map { ($0.key.rawValue, $0.value.count) }
        let receipt = AdapterReceipt(
            file: file, digest: digest, kinds: kinds, ranks: ranks.sorted(),
            matched: Dictionary(uniqueKeysWithValues: matched), unmatched: unmatched, family: facts.family,
            triggerWords: triggerWords, embeddings: embeddings.map(\.name))
        return BoundAdapter(receipt: receipt, layers: layers)
    }

    private func check(_ module: AdapterModule, fits layer: ComponentLayers.Layer) throws(AdapterError) {
        func misshapen(_ expected: String, _ found: String) -> AdapterError {
            .misshapen(file: file, key: module.keys.first ?? module.name, expected: expected, found: found)
        }
        let outputs = layer.shape[0]
        let inputs = layer.shape.elementCount / max(outputs, 1)
        if let extent = module.delta.weight?.extent, extent != (outputs, inputs) {
            throw misshapen("\(layer.shape)", "[\(extent.outputs), \(extent.inputs)]")
        }
        if let kernel = module.delta.weight?.kernel {
            let expected = layer.shape.rank == 4 ? Array(layer.shape.extents.dropFirst(2)) : [1, 1]
            guard kernel == expected else { throw misshapen("\(layer.shape)", "for a kernel of \(kernel)") }
        }
        if let bias = module.delta.bias, bias.shape.elementCount != outputs || !layer.hasBias {
            throw misshapen(layer.hasBias ? "\(outputs) wide" : "without a bias", "\(bias.shape.elementCount) wide")
        }
        if let magnitude = module.delta.magnitude {
            let expected = magnitude.isOfOutputs ? outputs : layer.shape.channelsOfWeight
            guard magnitude.values.shape.elementCount == expected else {
                throw misshapen("\(expected) wide", "a length for \(magnitude.values.shape.elementCount)")
            }
        }
        // A vector is changed by its difference only.
        if layer.shape.rank == 1, case .some(let weight) = module.delta.weight {
            guard case .full = weight, module.delta.magnitude == nil else {
                throw misshapen("a vector", "a matrix")
            }
        }
    }
}
