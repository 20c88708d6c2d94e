/// What the denoiser sees of the prompts at each step of a run.
public struct PromptPlan: Sendable {
    /// Steps at which the prompts say the same.
    public struct Segment: Hashable, Sendable {
        /// The last of the steps, counted from 1.
        public let lastStep: Int
        /// Where in ``PromptPlan/conditions`` to look.
        public let condition: Int

        package init(lastStep: Int, condition: Int) {
            self.lastStep = lastStep
            self.condition = condition
        }
    }

    /// All that the prompts say in the course of the run, each once: a row for the negative prompt if there is one, then
    /// one for each part of the prompt; as many tokens in each row.
    public let conditions: [EncodedText]
    /// In the order of the steps; the last one holds to the end.
    public let segments: [Segment]
    /// Whether the first row of each condition is the negative prompt.
    public let hasNegative: Bool
    /// How much to take of each part of the prompt; a single one has weight 1.
    public let weights: [Double]
    /// The textual inversions that the prompts name, sorted.
    public let embeddings: [String]

    /// The number of the condition that holds at `step`, counted from 1.
    public func condition(at step: Int) -> Int {
        (segments.first { step <= $0.lastStep } ?? segments[segments.count - 1]).condition
    }
}
