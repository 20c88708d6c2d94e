/// The evaluations of a sampler that evaluates the model once or twice in a step.
struct TwoStageSteps: Sendable {
    let evaluations: [Evaluation]
    private let stages: [(step: Int, isSecond: Bool)]
    private let haveSecond: [Bool]

    /// The first evaluation of each step, and the second where there is one.
    init(_ steps: [(first: Evaluation, second: Evaluation?)]) {
        evaluations = steps.flatMap { [$0.first] + ($0.second.map { [$0] } ?? []) }
        stages = steps.enumerated().flatMap { index, step in
            [(index, false)] + (step.second == nil ? [] : [(index, true)])
        }
        haveSecond = steps.map { $0.second != nil }
    }

    /// The index of the step that evaluation `index` belongs to.
    func step(_ index: Int) -> Int { stages[index].step }

    /// Whether evaluation `index` is the second of its step.
    func isSecond(_ index: Int) -> Bool { stages[index].isSecond }

    /// Whether the step of this index has a second evaluation.
    func hasSecond(_ step: Int) -> Bool { haveSecond[step] }
}
