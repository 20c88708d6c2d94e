import DaguerreCPU
import DaguerreCheckpoints
import DaguerreMeter
import DaguerrePipelines
import DaguerreReference
import DaguerreTensors
import DaguerreTokenizers
import TestSupport
import Testing

/// What a run's plan holds, and what prompts are refused.
@Suite struct PromptEncoderTests {
    private let backend = ReferenceBackend()

    private func plan(
        _ prompt: String, negative: String = "", isGuided: Bool = true, steps: Int = 10, model: String = "tiny",
        options: PromptOptions = PromptOptions()
    ) throws -> PromptPlan {
        var encoder = try encoder(model, options, on: backend)
        return try encoder(
            prompt: prompt, negativePrompt: negative, isGuided: isGuided, steps: .init(count: steps))
    }

    private func states(_ text: EncodedText) throws -> [Float] { try backend.download(text.states).floats }

    @Test func whatIsSaidTwiceIsEncodedOnce() throws {
        let plan = try plan("[a cat|a dog] on a table")
        #expect(plan.conditions.count == 2)
        #expect(plan.segments == (1...10).map { .init(lastStep: $0, condition: ($0 - 1) % 2) })
        #expect((1...12).map(plan.condition) == [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1])
        #expect(try states(plan.conditions[0]) == states(self.plan("a cat on a table").conditions[0]))
        #expect(try states(plan.conditions[1]) == states(self.plan("a dog on a table").conditions[0]))
    }

    @Test func allPartsAndTheNegativeHaveTheirOwnTimes() throws {
        let plan = try plan("[a cat:a dog:3] AND a [red:blue:0.6] apple", negative: "[a car::4]")
        #expect(plan.segments.map(\.lastStep) == [3, 4, 6, 10])
        #expect(plan.segments.map(\.condition) == [0, 1, 2, 3])
        #expect(plan.conditions.allSatisfy { $0.states.shape == [3, 77, 16] && $0.pooled.shape == [3, 16] })
        let last = try self.plan("a dog AND a blue apple", negative: "")
        #expect(try states(plan.conditions[3]) == states(last.conditions[0]))
    }

    @Test func onlyWhatIsLongIsLong() throws {
        let plan = try plan("[a cat:\(String(repeating: "a red apple ", count: 30)):5]")
        #expect(plan.conditions.map { $0.states.shape } == [[2, 77, 16], [2, 154, 16]])
    }

    /// A negative prompt that says something at some time is no empty one.
    @Test func zerosStandForANegativeThatNeverSaysAnything() throws {
        let silent = try plan("a cat", negative: "", model: "xl")
        #expect(try backend.download(silent.conditions[0].states.slice(0..<1)).floats.allSatisfy { $0 == 0 })
        #expect(try backend.download(silent.conditions[0].pooled.slice(0..<1)).floats.allSatisfy { $0 == 0 })
        let late = try plan("a cat", negative: "[a car:5]", model: "xl")
        #expect(try backend.download(late.conditions[0].states.slice(0..<1)).floats.contains { $0 != 0 })
    }

    @Test func aRowDoesNotDependOnItsCompany() throws {
        for backend in [ReferenceBackend(), try CPUBackend(precision: .bfloat16, threads: 2)] as [any Backend] {
            // A new one each time: it keeps what it has encoded.
            let rows = { (prompt: String, negative: String, isGuided: Bool) in
                var encoder = try encoder("xl", on: backend)
                return try backend.download(
                    encoder(
                        prompt: prompt, negativePrompt: negative, isGuided: isGuided, steps: .init(count: 1)
                    ).conditions[0].states)
            }
            let alone = try rows("a (red:1.2) apple", "", false)
            let guided = try rows("a (red:1.2) apple", "a blue car", true)
            let three = try rows("a (red:1.2) apple AND a cat", "a dog", true)
            #expect(alone.floats == guided.slice(1..<2).floats && alone.floats == three.slice(1..<2).floats)
        }
    }

    @Test func aDryRunWeighsAPromptWithoutComputing() throws {
        let meter = MeterBackend(precision: .float32)
        var encoder = try encoder("xl", on: meter)
        let plan = try encoder(
            prompt: "[a (cat:1.3)|a dog] BREAK b", negativePrompt: "a car", isGuided: true, steps: .init(count: 4))
        #expect(plan.conditions.map { $0.states.shape } == [[2, 154, 28], [2, 154, 28]])
        #expect(meter.report.peakBytes > 0 && meter.report.flops.total > 0)
    }

    @Test func aPromptThatCannotBeReadIsRefused() throws {
        let error = #expect(throws: TokenizerError.self) { try plan("a <hypernet:x:1>") }
        #expect(error?.description.contains("hypernetworks are not supported") == true)
        // In a negative prompt it is text.
        #expect(try plan("a cat", negative: "<hypernet:x:1> AND b").conditions[0].states.shape == [2, 77, 16])
        let options = String(repeating: "a b c d e f g h|", count: 1) + (0..<999).map { "\($0)" }.joined(separator: "|")
        #expect(throws: TokenizerError.self) {
            try plan("[\(options)] \(String(repeating: "BREAK a ", count: 4))", steps: 1000)
        }
    }

    @Test(arguments: [0, -1, 3, .max]) func aLayerThatIsNotThereCannotBeTaken(skip: Int) {
        var options = PromptOptions()
        options.clipSkip = skip
        let error = #expect(throws: PipelineError.self) { try encoder("tiny", options, on: backend) }
        #expect(error?.description == "clip skip is \(skip), expected a number from 1 to 2")
    }

    @Test func anEmbeddingOfAnotherFamilyIsRefusedByName() throws {
        var options = PromptOptions()
        try options.embeddings.add(folder: Fixture.path("prompts/embeddings"))
        let error = #expect(throws: CheckpointError.self) { try plan("a tower-xl", options: options) }
        #expect(
            error?.description
                == "tower-xl.safetensors: made for a text encoder 16 + 12 wide, expected a textual inversion for"
                + " a text encoder 16 wide")
        // One that no prompt names does no harm.
        #expect(try plan("a tower", options: options).embeddings == ["tower"])
        #expect(try plan("a tower, a HALF and one", options: options).embeddings == ["half", "one", "tower"])
    }
}
