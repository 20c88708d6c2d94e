public import DaguerreCheckpoints
public import DaguerreTensors

/// Builds a model of the weights `base`.safetensors in `component` of `files` (the folder itself if empty).
///
/// - Throws: `CheckpointError.unusable` unless every key is there, of the right shape, and read.
public func buildModel<Model>(
    of files: some ModelFiles, _ component: String = "", base: String = "diffusion_pytorch_model",
    on backend: some Backend, _ make: (WeightScope) throws -> Model
) throws -> Model {
    let ledger = WeightLedger(try files.weights(of: component, base: base), file: component)
    ledger.ignore { $0.hasSuffix("position_ids") }
    let model = try make(WeightScope(ledger, backend: backend))
    try ledger.verify()
    return model
}
