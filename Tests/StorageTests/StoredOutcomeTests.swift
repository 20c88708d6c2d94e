import DaguerreJobs
import DaguerreStorage
import Testing

/// What earlier versions wrote is still read.
@Suite struct StoredOutcomeTests {
    /// As version 0.1.0 wrote it, before jobs kept a word of the pictures that were withheld.
    private let old = """
        {"images":[{"digest":"\(String(repeating: "a", count: 64))","role":"result","width":8,"height":8,"byteCount":1,\
        "mediaType":"image/png","seed":7,"infotext":"x","safety":{"action":"blurred","concepts":[3]}}],\
        "usage":{"stages":[],"steps":3,"peakBytes":4}}
        """

    @Test func anOutcomeWithoutVerdictsHasThoseOfItsImages() throws {
        let outcome = try StoredJSON.value(StoredOutcome.self, from: old).outcome(in: .succeeded)
        guard case .succeeded(let images, let usage, let safety) = outcome else {
            Issue.record("\(String(describing: outcome))")
            return
        }
        #expect(images.map(\.seed) == [7] && usage.steps == 3)
        #expect(safety == [SafetyRecord(.blurred, concepts: [3])])
        let off = old.replacing(",\"safety\":{\"action\":\"blurred\",\"concepts\":[3]}", with: "")
        #expect(try StoredJSON.value(StoredOutcome.self, from: off).outcome(in: .succeeded)?.safety == [])
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        let records = [SafetyRecord(.passed), SafetyRecord(.blocked, concepts: [1, 17]), SafetyRecord(.blurred)]
        let usage = JobUsage(stages: [.init("safety", seconds: 0.5)], steps: 1, peakBytes: 2)
        for outcome in [JobOutcome.succeeded([], usage, safety: records), .blocked(records, usage)] {
            let text = try StoredJSON.text(#require(StoredOutcome(outcome)))
            #expect(try StoredJSON.value(StoredOutcome.self, from: text).outcome(in: outcome.state) == outcome)
        }
    }
}
