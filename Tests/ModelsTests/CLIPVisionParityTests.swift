import DaguerreModels
import DaguerreTensors
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/pictures.py, transformers 5.23.0 in float32.
@Suite struct CLIPVisionParityTests {
    /// `vision-a` has quick GELU, `vision-b` GELU; neither's patches fill a row to its end, or a power of two.
    @Test(arguments: ["vision-a", "vision-b"], BackendUnderTest.allCases)
    func visionEncoderMatchesTransformers(_ name: String, _ kind: BackendUnderTest) throws {
        let fixture = try ModelFixture(name, in: "pictures")
        let backend = try kind.make()
        let configuration = try fixture.configuration(CLIPVisionConfiguration.self)
        let encoder = try buildModel(of: fixture.files, base: "model", on: backend) {
            try CLIPVisionEncoder(configuration, from: $0)
        }
        let pictures = nhwc(try fixture.expected["pictures"])
        let output = try encoder(pictures, on: backend)
        let tolerance = Tolerances.module(backend.activationType)
        try expectClose(
            output.penultimate, fixture.expected["penultimate"], tolerance, on: backend, "\(name), last but one layer")
        try expectClose(output.embedding, fixture.expected["embedding"], tolerance, on: backend, "\(name), embedding")

        // A batch is its pictures.
        let second = try encoder(pictures.slice(1..<2), on: backend)
        try expectClose(
            second.embedding, fixture.expected["embedding"].slice(1..<2), tolerance, on: backend, "\(name), alone")
    }
}
