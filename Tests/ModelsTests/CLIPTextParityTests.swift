import DaguerreModels
import DaguerreTensors
import TestSupport
import Testing

@Suite struct CLIPTextParityTests {
    /// `clip-a` is stored as transformers 4 did, with prefix and `position_ids`; `clip-a-5` as transformers 5 does.
    @Test(arguments: ["clip-a", "clip-a-5"], BackendUnderTest.allCases)
    func quickGELUEncoderMatchesTransformers(_ name: String, _ kind: BackendUnderTest) throws {
        try expectParity(name, hasProjection: false, on: kind)
    }

    @Test(arguments: ["clip-b", "clip-b-5"], BackendUnderTest.allCases)
    func encoderWithProjectionAndAnotherPaddingMatchesTransformers(_ name: String, _ kind: BackendUnderTest) throws {
        try expectParity(name, hasProjection: true, on: kind)
    }

    private func expectParity(_ name: String, hasProjection: Bool, on kind: BackendUnderTest) throws {
        let fixture = try ModelFixture(name)
        let backend = try kind.make()
        let configuration = try fixture.configuration(CLIPTextConfiguration.self)
        let encoder = try buildModel(of: fixture.files, base: "model", on: backend) {
            try CLIPTextEncoder(configuration, hasProjection: hasProjection, from: $0)
        }
        let tokens = try fixture.expected["tokens"]
        let rows = (0..<tokens.shape[0]).map { tokens.slice($0..<$0 + 1).floats.map(Int.init) }
        let output = try encoder(rows, on: backend)

        let tolerance = Tolerances.module(backend.activationType)
        #expect(output.hiddenStates.count == configuration.layerCount + 1)
        for (i, state) in output.hiddenStates.enumerated() {
            try expectClose(
                state, fixture.expected["hidden_states.\(i)"], tolerance, on: backend, "\(name), hidden state \(i)")
        }
        try expectClose(
            output.lastHiddenState, fixture.expected["last_hidden_state"], tolerance, on: backend,
            "\(name), last state")
        try expectClose(
            output.pooled, fixture.expected[hasProjection ? "text_embeds" : "pooler_output"], tolerance, on: backend,
            "\(name), pooled state")
        if let state = output.hiddenStates.last {
            let normalised = try encoder.normalised(state, on: backend)
            try expectClose(
                normalised, backend.download(output.lastHiddenState), .exact, on: backend, "\(name), clip skip 0")
        }
    }
}
