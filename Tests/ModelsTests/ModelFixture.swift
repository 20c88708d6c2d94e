import DaguerreCheckpoints
import TestSupport

/// A tiny model of `Tests/Fixtures/models` or another folder there, and what the reference computed with it.
///
/// Fixtures: scripts/fixtures/models.py and controls.py, diffusers 0.42.1 and transformers 5.23.0 in float32.
struct ModelFixture {
    let files: DiskModelFolder
    let expected: Fixture

    init(_ name: String, in folder: String = "models") throws {
        files = try DiskModelFolder(path: Fixture.path("\(folder)/\(name)"))
        expected = try Fixture("\(folder)/\(name)/expected")
    }

    func configuration<T: Decodable>(_ type: T.Type) throws -> T {
        try files.decode(type, file: "config.json")
    }
}
