import DaguerreModels
public import DaguerreTensors

/// What the text encoders make of M prompts.
public struct EncodedText: Sendable {
    /// For each token, the encoders' states side by side: `[M, T, D]`.
    public let states: Tensor
    /// The last encoder's pooled states `[M, P]`.
    public let pooled: Tensor
}

extension TextStack {
    /// Encodes `tokens`: for each encoder, M rows of ``chunkLength`` numbers below its vocabulary's size.
    public func encode(_ tokens: [[[Int]]], on backend: some Backend) throws -> EncodedText {
        precondition(tokens.count == parts.count, "tokens for each encoder")
        let outputs = try zip(parts, tokens).map { try $0.encoder($1, on: backend) }
        let states = outputs.map { output in
            switch layer {
            case .last: output.lastHiddenState
            case .penultimate: output.hiddenStates[max(output.hiddenStates.count - 2, 0)]
            }
        }
        return EncodedText(
            states: states.count == 1 ? states[0] : try backend.concatenateChannels(states),
            pooled: outputs[outputs.count - 1].pooled)
    }
}
