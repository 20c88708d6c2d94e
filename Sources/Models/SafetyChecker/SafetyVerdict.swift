/// What a safety checker says of one picture.
public struct SafetyVerdict: Equatable, Sendable {
    /// A concept and how far above its threshold the picture comes, rounded to thousandths; above zero is a hit.
    public struct Score: Equatable, Sendable {
        /// `concept 1` … `concept 17`, `special care 1` … `special care 3`: nobody has published names for them.
        public let name: String
        /// From about -1 to 1.
        public let value: Double
    }

    /// Whether a concept was hit.
    ///
    /// Special care alone does not flag a picture; it lowers the concepts' thresholds.
    public let isFlagged: Bool
    /// All seventeen concepts in their order.
    public let concepts: [Score]
    /// All three that call for special care, in their order.
    public let specialCare: [Score]

    /// Concepts, then those that call for special care.
    public var scores: [Score] { concepts + specialCare }

    /// Judges a picture by how similar it is to each concept, from -1 to 1.
    ///
    /// Once one of `special` is hit, every score after it is 0.01 higher.
    /// Source: diffusers 0.42.1 `StableDiffusionSafetyChecker.forward`.
    init(
        special: [(similarity: Double, threshold: Double)], concepts: [(similarity: Double, threshold: Double)]
    ) {
        var adjustment = 0.0
        func score(_ name: String, _ index: Int, _ concept: (similarity: Double, threshold: Double)) -> Score {
            let value = concept.similarity - concept.threshold + adjustment
            return Score(name: "\(name) \(index + 1)", value: (value * 1000).rounded(.toNearestOrEven) / 1000)
        }
        specialCare = special.enumerated().map { index, concept in
            let score = score("special care", index, concept)
            if score.value > 0 { adjustment = 0.01 }
            return score
        }
        self.concepts = concepts.enumerated().map { score("concept", $0, $1) }
        isFlagged = self.concepts.contains { $0.value > 0 }
    }

    /// Judges a picture by what was said of each view of it: the highest score counts for every concept, so that one view
    /// is enough to flag it.
    init(highestOf views: [SafetyVerdict]) {
        func highest(_ scores: KeyPath<SafetyVerdict, [Score]>) -> [Score] {
            views.dropFirst().reduce(views.first?[keyPath: scores] ?? []) { highest, view in
                zip(highest, view[keyPath: scores]).map { $1.value > $0.value ? $1 : $0 }
            }
        }
        concepts = highest(\.concepts)
        specialCare = highest(\.specialCare)
        isFlagged = views.contains(where: \.isFlagged)
    }
}
