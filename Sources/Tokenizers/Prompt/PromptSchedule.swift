/// What one part of a prompt says at each step.
public struct PromptSchedule: Hashable, Sendable {
    /// A text and the last step that it holds for.
    public struct Segment: Hashable, Sendable {
        /// The last step of the segment, counted from 1.
        public let lastStep: Int
        /// What the prompt says up to that step.
        public let text: PromptText
    }

    /// The steps of a run that a schedule is for.
    public struct Steps: Hashable, Sendable {
        /// Steps of this pass.
        public let count: Int
        /// In a second pass over an enlarged picture, the steps of the first.
        public let firstPassCount: Int?

        /// `count` steps, from 1 to 1000: of the only pass, or of the second after one of `firstPassCount`.
        public init(count: Int, afterFirstPassOf firstPassCount: Int? = nil) {
            self.count = max(1, min(count, 1000))
            self.firstPassCount = firstPassCount.map { max(1, min($0, 1000)) }
        }

        /// The last step of this pass at which an edit's first text holds, from 0 to ``count``.
        ///
        /// With a decimal point, `when` is a part of the steps: from 0 to 1 of the first pass, from 1 to 2 of the second.
        /// Without one it is a number of steps, and the second pass goes on counting where the first ended.
        func last(before when: PromptNumber) -> Int {
            let steps =
                when.hasPoint
                ? (when.value - (firstPassCount == nil ? 0 : 1)) * Double(count)
                : when.value - Double(firstPassCount ?? 0)
            return Int(max(0, min(steps, Double(count))))
        }
    }

    /// Bytes that a part may have: it is read anew for each step at which it changes.
    public static let maximumByteCount = 1 << 16

    /// In the order of the steps; neighbours differ, and the last one holds to the end.
    public let segments: [Segment]

    /// Goes through `part` for each step at which it may change.
    ///
    /// - Throws: ``TokenizerError/promptTooLong(found:unit:limit:)`` beyond ``maximumByteCount``.
    public init(
        _ part: PromptSyntax.Part, steps: Steps, syntax: PromptText.Syntax = .emphasis
    ) throws(TokenizerError) {
        let byteCount = part.description.utf8.count
        guard byteCount <= Self.maximumByteCount else {
            throw .promptTooLong(found: byteCount, unit: "bytes", limit: Self.maximumByteCount)
        }
        var ends: Set<Int> = [steps.count]
        Self.collect(part.nodes, steps, &ends)
        var segments: [Segment] = []
        for step in ends.sorted() {
            let text = PromptText(part.nodes, at: step, of: steps, syntax: syntax)
            if segments.last?.text == text { segments.removeLast() }
            segments.append(Segment(lastStep: step, text: text))
        }
        self.segments = segments
    }

    /// What holds at `step`, counted from 1.
    public func text(at step: Int) -> PromptText {
        (segments.first { step <= $0.lastStep } ?? segments[segments.count - 1]).text
    }

    /// The last steps of what may change.
    private static func collect(_ nodes: [PromptNode], _ steps: Steps, _ ends: inout Set<Int>) {
        for node in nodes {
            switch node {
            case .text, .chunkBreak, .network: break
            case .emphasis(let nodes, _): collect(nodes, steps, &ends)
            case .edit(let from, let to, let when):
                let last = steps.last(before: when)
                if last > 0 { ends.insert(last) }
                collect(from, steps, &ends)
                collect(to, steps, &ends)
            case .alternation(let options):
                ends.formUnion(1...steps.count)
                for option in options { collect(option, steps, &ends) }
            }
        }
    }
}
