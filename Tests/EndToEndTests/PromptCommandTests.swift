import Foundation
import Testing

@Suite(.serialized) struct PromptCommandTests {
    @Test func aPromptIsShownAsTreeStepsAndTokens() async throws {
        let run = try await Run.daguerre(
            ["prompt", "a (red:1.3) [cat:dog:0.5] <lora:x:0.8>", "--steps", "10"], in: Folder())
        #expect(run.status == 0, "\(run.errors)")
        for line in [
            "├ counts 1.3 times", "│ └ text \"red\"", "├ changes after a part of 0.5 of the steps",
            "└ lora \"x\", text encoders 0.8, UNet 0.8", "  1-5  a (red:1.3) cat", "  6-10  a (red:1.3) dog",
            "Tokens in steps 1-5, chunk 1 of 1: 3 of 75", "  2      548        1.3000    red",
        ] {
            #expect(run.output.contains(line + "\n") || run.output.contains(line), "\(line) in \(run.output)")
        }
    }

    @Test func aPromptIsPrintedAsJSON() async throws {
        let run = try await Run.daguerre(
            ["prompt", "a cat :0.7 AND [(dog)|a] BREAK (red:-1)", "--json", "--steps", "4"], in: Folder())
        #expect(run.status == 0, "\(run.errors)")
        let report = try jsonObject(run.output)
        #expect(report["chunk_capacity"] as? Int == 75 && report["steps"] as? Int == 4)
        let parts = try #require(report["parts"] as? [[String: Any]])
        #expect(parts.map { $0["weight"] as? Double } == [0.7, 1])
        let sayings = try #require(parts[1]["sayings"] as? [[String: Any]])
        #expect(sayings.map { $0["steps"] as? [[Int]] } == [[[1, 1], [3, 3]], [[2, 2], [4, 4]]])
        let chunks = try #require(sayings[0]["chunks"] as? [[[String: Any]]])
        #expect(chunks.map { $0.map { $0["text"] as? String } } == [["dog"], ["red"]])
        #expect(chunks.map { $0.map { $0["weight"] as? Double } } == [[1.1], [-1]])
    }

    @Test func embeddingsAreFoundByFileNameAndByToken() async throws {
        let embeddings =
            "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Fixtures/prompts/embeddings"
        let model =
            "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Fixtures/pipelines/tiny"
        let run = try await Run.daguerre(
            [
                "prompt", "a tower, my cat and half", "--model", model, "--embedding",
                "\(embeddings)/one.safetensors=my cat",
                "--embedding-folder", embeddings, "--json",
            ], in: Folder())
        #expect(run.status == 0, "\(run.errors)")
        let parts = try #require(jsonObject(run.output)["parts"] as? [[String: Any]])
        let sayings = try #require(parts[0]["sayings"] as? [[String: Any]])
        let chunks = try #require(sayings[0]["chunks"] as? [[[String: Any]]])
        let found = chunks[0].filter { $0["id"] == nil }
        #expect(found.map { $0["text"] as? String } == ["tower", "my cat", "half"])
        #expect(found.map { $0["count"] as? Int } == [3, 1, 3])
    }

    @Test(arguments: [
        (["prompt", "<hypernet:x:1>"], "hypernetworks are not supported"),
        (["prompt", "a", "--steps", "0"], "--steps is 0, expected a number from 1 to 1000"),
        (["prompt", "a", "--embedding", "nowhere.safetensors"], "nowhere.safetensors: cannot be read"),
        (["prompt", "a", "--embedding", "x.pt"], "x.pt: not a safetensors file; convert it first"),
        (["prompt", "a", "--emphasis", "loud"], "original"),
    ])
    func whatCannotBeUsedIsRefused(arguments: [String], reason: String) async throws {
        let run = try await Run.daguerre(arguments, in: Folder())
        #expect(run.status == 2 && run.output == "")
        #expect(run.errors.hasPrefix("daguerre: error: ") && run.errors.contains(reason), "\(run.errors)")
        #expect(run.errors.split(separator: "\n").count == 1)
    }
}
