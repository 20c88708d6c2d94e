import DaguerreCheckpoints
import Testing

@Suite struct ConfigurationTests {
    private struct Block: Decodable, Equatable {
        let width: Int
    }
    private struct Sample: Decodable, Equatable {
        let name: String
        let blocks: [Block]
        let scale: Double?
    }

    private func decode(_ text: String) throws -> Sample {
        try decodeConfiguration(Sample.self, Array(text.utf8), file: "unet/config.json")
    }

    @Test func aConfigurationIsDecoded() throws {
        let sample = try decode(#"{"name": "x", "blocks": [{"width": 3}], "scale": 1, "other": null}"#)
        #expect(sample == Sample(name: "x", blocks: [Block(width: 3)], scale: 1))
    }

    @Test(arguments: [
        (#"{"blocks": []}"#, "name", "a value, found none"),
        (#"{"name": 3, "blocks": []}"#, "name", "a text"),
        (#"{"name": null, "blocks": []}"#, "name", "a text, found null"),
        (#"{"name": "x", "blocks": [{"width": 1}, {"width": "2"}]}"#, "blocks[1].width", "a whole number"),
        (#"{"name": "x", "blocks": [{}]}"#, "blocks[0].width", "a value, found none"),
        (#"{"name": "x", "blocks": 3}"#, "blocks", "a list"),
        (#"{"name": "x", "blocks": [3]}"#, "blocks[0]", "an object"),
        ("[]", "", "an object"),
        (#"{"name": "x", "blocks": [], "scale": "1"}"#, "scale", "a number"),
        ("{", "", "valid JSON"),
        ("", "", "valid JSON"),
    ])
    func aFieldThatIsNotAsItShouldBeIsNamed(text: String, field: String, expected: String) {
        #expect(throws: CheckpointError.configuration(file: "unet/config.json", field: field, expected: expected)) {
            try decode(text)
        }
    }

    private func index(_ text: String) throws(CheckpointError) -> ModelIndex { try ModelIndex(Array(text.utf8)) }

    @Test func aModelIndexListsComponentsAndSwitches() throws {
        let index = try index(
            """
            {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.42.1", "safety_checker": [null, null],
             "unet": ["diffusers", "UNet2DConditionModel"], "requires_safety_checker": false, "image_encoder": null}
            """)
        #expect(index.className == "StableDiffusionPipeline" && index.flags == ["requires_safety_checker": false])
        #expect(index.components.count == 1 && index.components["unet"]?.library == "diffusers")
        try index.requirePipeline(["StableDiffusionPipeline"])
        #expect(try index.requireComponent("unet", ["UNet2DConditionModel"]) == "UNet2DConditionModel")
        let unsupported = CheckpointError.unsupportedClass(
            file: "model_index.json", field: "unet", found: "UNet2DConditionModel", supported: ["A", "B"])
        #expect(throws: unsupported) { try index.requireComponent("unet", ["A", "B"]) }
        #expect(unsupported.description.hasSuffix("supported: A, B"))
        #expect(throws: CheckpointError.self) { try index.requireComponent("vae", ["AutoencoderKL"]) }
        #expect(throws: CheckpointError.self) { try index.requirePipeline(["StableDiffusionXLPipeline"]) }
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"_class_name": 3}"#, #"{"_class_name": "A", "unet": ["diffusers"]}"#,
        #"{"_class_name": "A", "unet": ["diffusers", 3]}"#, #"{"_class_name": "A", "../unet": ["diffusers", "B"]}"#,
        #"{"_class_name": "A", "_class_name": "B"}"#,
    ])
    func aModelIndexOfAnotherFormIsRefused(text: String) {
        do {
            _ = try index(text)
            Issue.record("accepted: \(text)")
        } catch {
            guard case .configuration("model_index.json", _, _) = error else {
                Issue.record("\(error)")
                return
            }
        }
    }
}
