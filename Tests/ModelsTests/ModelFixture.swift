import DaguerreCheckpoints
import DaguerreTensors
import TestSupport

/// A tiny model of `Tests/Fixtures/models` and what the reference computed with it.
///
/// Fixtures: scripts/fixtures/models.py, diffusers 0.42.1 and transformers 5.23.0 in float32.
struct ModelFixture {
    let expected: Fixture
    private let name: String
    private let folder: DiskModelFolder

    init(_ name: String) throws {
        self.name = name
        folder = try DiskModelFolder(path: Fixture.path("models/\(name)"))
        expected = try Fixture("models/\(name)/expected")
    }

    func configuration<T: Decodable>(_ type: T.Type) throws -> T {
        try folder.decode(type, file: "config.json")
    }

    /// Builds a model of the weights in `base`.safetensors; every key must be there, of the right shape, and read.
    func build<Model>(
        _ base: String, on backend: some Backend, _ build: (WeightScope) throws -> Model
    ) throws -> Model {
        let ledger = WeightLedger(try folder.weights(of: "", base: base), file: name)
        ledger.ignore { $0.hasSuffix("position_ids") }
        let model = try build(WeightScope(ledger, backend: backend))
        try ledger.verify()
        return model
    }
}
