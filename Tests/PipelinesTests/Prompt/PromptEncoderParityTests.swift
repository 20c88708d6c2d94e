import DaguerreCPU
import DaguerreCheckpoints
import DaguerrePipelines
import DaguerreReference
import DaguerreTensors
import DaguerreTokenizers
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/prompts.py, transformers 5.23.0 in float32, seed 20261125; the chunks of each prompt and their
/// weights are written out by hand there.
@Suite struct PromptEncoderParityTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name, prompt: String
        var negative: String?
        var options: @Sendable (inout PromptOptions) -> Void = { _ in }

        var testDescription: String { name }
    }

    private static let weighted = "a (red:1.3) [apple] on ((table))"
    private static let long = "a" + String(repeating: " red apple", count: 40)

    static let cases = [
        Case(name: "plain", prompt: "a red apple"),
        Case(name: "weighted", prompt: weighted),
        Case(name: "no-norm", prompt: weighted) { $0.emphasis = .noNorm },
        Case(name: "ignored", prompt: weighted) { $0.emphasis = .ignore },
        Case(name: "literal", prompt: weighted) { $0.emphasis = .none },
        Case(name: "long", prompt: long),
        Case(
            name: "comma",
            prompt: String(repeating: "cat ", count: 60) + "," + String(repeating: " dog", count: 30)),
        Case(name: "break", prompt: "a cat BREAK (a dog:0.8)"),
        Case(name: "skip-1", prompt: weighted) { $0.clipSkip = 1 },
        Case(name: "skip-2", prompt: weighted) { $0.clipSkip = 2 },
        Case(name: "embedding", prompt: "a (tower:1.2) on a table"),
        Case(name: "pair", prompt: long, negative: "a (blue:1.5) car"),
        Case(name: "pair-short", prompt: "a cat", negative: long),
        Case(name: "empty-negative", prompt: "a cat", negative: "  "),
        Case(name: "empty-negative", prompt: "a cat", negative: "()"),
    ]

    @Test(arguments: ["tiny", "xl"], cases) func statesAreTheReferences(model: String, case: Case) throws {
        let expected = try Fixture("prompts/encodings")
        for backend in [ReferenceBackend(), try CPUBackend(precision: .float32, threads: 2)] as [any Backend] {
            var options = PromptOptions()
            let file = model == "xl" ? "tower-xl" : "tower"
            try options.embeddings.add(file: Fixture.path("prompts/embeddings/\(file).safetensors"), as: "tower")
            `case`.options(&options)
            var encoder = try encoder(model, options, on: backend)
            let plan = try encoder(
                prompt: `case`.prompt, negativePrompt: `case`.negative ?? "", isGuided: `case`.negative != nil,
                steps: .init(count: 20))
            #expect(plan.segments == [.init(lastStep: 20, condition: 0)] && plan.conditions.count == 1)
            #expect(plan.hasNegative == (`case`.negative != nil) && plan.weights == [1])
            #expect(plan.embeddings == (`case`.name == "embedding" ? ["tower"] : []))
            let condition = try #require(plan.conditions.first)
            let key = "\(model).\(`case`.name)"
            try expectClose(
                condition.states, expected[key + ".states"], Tolerances.module(.float32), on: backend, "states")
            try expectClose(
                condition.pooled, expected[key + ".pooled"], Tolerances.module(.float32), on: backend, "pooled")
        }
    }

    /// Without guidance too, since parts are weighed against the negative prompt.
    @Test(arguments: ["tiny", "xl"], [true, false]) func partsAreRowsWithWeights(model: String, isGuided: Bool) throws {
        let backend = ReferenceBackend()
        let expected = try Fixture("prompts/encodings")
        var encoder = try encoder(model, on: backend)
        let plan = try encoder(
            prompt: "a cat :0.7 AND (a dog:1.2)", negativePrompt: "a car", isGuided: isGuided, steps: .init(count: 3))
        #expect(plan.hasNegative && plan.weights == [0.7, 1])
        try expectClose(
            plan.conditions[0].states, expected["\(model).parts.states"], Tolerances.module(.float32), on: backend)
        try expectClose(
            plan.conditions[0].pooled, expected["\(model).parts.pooled"], Tolerances.module(.float32), on: backend)
    }
}

/// The prompt encoder of a model of `Tests/Fixtures/pipelines`.
func encoder(
    _ name: String, _ options: PromptOptions = PromptOptions(), on backend: any Backend
) throws -> PromptEncoder {
    let folder = try model(name)
    let suffixes = name == "xl" ? ["", "_2"] : [""]
    let stack = TextStack(
        try suffixes.map { try textPart(folder, $0, on: backend) }, layer: name == "xl" ? .penultimate : .last)
    return try PromptEncoder(stack, zeroesEmptyNegative: name == "xl", options: options, on: backend)
}
