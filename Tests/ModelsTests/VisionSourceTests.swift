import DaguerreCheckpoints
import DaguerreMeter
import DaguerreModels
import DaguerreTensors
import FoundationEssentials
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/pictures.py.
@Suite struct VisionSourceTests {
    @Test(arguments: ["vit-l", "vit-h"])
    func theShapeOfAPublishedEncoderIsReadOffItsTensors(_ name: String) throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/\(name).safetensors"
        try SingleFileFixture(name + ".list", in: "pictures/published").writeHole(to: path)
        let source = try VisionSource<CLIPVisionConfiguration>(path: path, mapping: .mapped)
        let published = try Data(contentsOf: URL(filePath: Fixture.path("pictures/published/\(name).json")))
        #expect(try source.configuration == JSONDecoder().decode(CLIPVisionConfiguration.self, from: published))
        #expect(source.preparation == nil)
        let meter = MeterBackend(precision: .bfloat16)
        let encoder = try source.encoder(on: meter)
        #expect(encoder.configuration.tokenCount == 257)
    }

    @Test func aFoldersEncoderAndCheckerAreBuiltWithWhatLiesBesideThem() throws {
        let backend = try BackendUnderTest.cpuFloat32.make()
        let encoder = try VisionSource<CLIPVisionConfiguration>(path: Fixture.path("pictures/vision-b"))
        #expect(encoder.preparation == nil)
        #expect(try encoder.encoder(on: backend).configuration.imageSize == 14)
        let checker = try VisionSource<SafetyCheckerConfiguration>(path: Fixture.path("pictures/safety-checker"))
        #expect(checker.preparation?.makesSquares(of: 23) == true)
        _ = try checker.checker(on: backend)
        // As in a checkpoint, whose preparation lies in a folder of its own.
        let pictures = try DiskModelFolder(path: Fixture.path("pictures"))
        let inside = try VisionSource<SafetyCheckerConfiguration>(
            pictures, component: "safety-checker", preparation: "feature_extractor")
        #expect(inside.name == "safety-checker")
        let apart = try VisionSource<CLIPVisionConfiguration>(
            pictures, component: "vision-a", preparation: "safety-checker")
        #expect(apart.preparation?.makesSquares(of: 23) == true)
    }

    static let hostile: [(shapes: [String: Shape], word: String)] = [
        ([:], "patch_embedding"), (["patch_embedding.weight": [1024]], "patch_embedding"),
        (["patch_embedding.weight": [1024, 3, 14, 14]], "position_embedding"),
        (["patch_embedding.weight": [8, 3, 2, 2], "position_embedding.weight": [6, 8]], "a square"),
        (
            [
                "patch_embedding.weight": [8, 3, 2, 2], "position_embedding.weight": [5, 8], "fc1": [8, 8],
                "out": [8, 8],
            ],
            "config.json"
        ),
    ]

    @Test(arguments: hostile.indices)
    func aFileThatShowsNoKnownEncoderIsRefused(index: Int) throws {
        let (shapes, word) = Self.hostile[index]
        let names = ["fc1": "vision_model.encoder.layers.0.mlp.fc1.weight", "out": "visual_projection.weight"]
        let folder = try ScratchFolder()
        let path = folder.path + "/encoder.safetensors"
        let tensors = shapes.map { key, shape in
            (
                names[key] ?? "vision_model.embeddings." + key,
                HostTensor(Array(repeating: 0, count: shape.elementCount), shape: shape)
            )
        }
        try SafetensorsWriter.write(tensors + [("other", HostTensor([0], shape: [1]))], to: path)
        let error = #expect(throws: ModelError.self) { try VisionSource<CLIPVisionConfiguration>(path: path) }
        #expect(error?.description.contains(word) == true, "\(error.debugDescription)")
        #expect(throws: ModelError.self) { try VisionSource<SafetyCheckerConfiguration>(path: path) }
    }
}
