import DaguerreTensors

/// All that an adapter changes in one layer.
struct LayerDelta: Sendable {
    /// What is added to the weight.
    let weight: WeightChange?
    /// DoRA's lengths.
    let magnitude: Magnitude?
    /// What is added to the bias.
    let bias: HostTensor?
    let kind: AdapterKind

    /// The length that each row, or each column, of the changed weight is brought to.
    struct Magnitude: Sendable {
        let values: HostTensor
        /// Whether there is one for each output; else one for each input.
        let isOfOutputs: Bool
    }

    /// The low-rank product, where this delta is nothing else, so that it can run beside the layer.
    var lowRank: WeightChange.LowRank? {
        guard magnitude == nil, bias == nil, case .lowRank(let product) = weight else { return nil }
        return product
    }
}
