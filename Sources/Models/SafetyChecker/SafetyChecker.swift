public import DaguerreCheckpoints
public import DaguerrePixels
public import DaguerreTensors

/// Compares pictures with concepts that a picture should not show.
///
/// Source: diffusers 0.42.1 `StableDiffusionSafetyChecker`, whose weight keys these are; Rando et al., "Red-Teaming the
/// Stable Diffusion Safety Filter" (arXiv 2210.04610) on what the concepts are.
public struct SafetyChecker: Sendable {
    /// The shape it was built to.
    public let configuration: SafetyCheckerConfiguration

    private let encoder: CLIPVisionEncoder
    private let preparation: CLIPImagePreparation
    private let concepts, specialCare: ConceptTable

    /// Builds every layer from its weights; the ledger's `verify()` lists what is absent or misshapen.
    ///
    /// `preparation` is what lies beside the weights, or that of all of CLIP's encoders.
    ///
    /// - Throws: ``ModelError`` if the preparation makes pictures of another size than the encoder's.
    public init(
        _ configuration: SafetyCheckerConfiguration, preparation: CLIPImagePreparation? = nil,
        from weights: WeightScope
    ) throws {
        self.configuration = configuration
        let side = configuration.vision.imageSize
        self.preparation = preparation ?? CLIPImagePreparation(side: side)
        try self.preparation.requireSquares(of: side)
        encoder = try CLIPVisionEncoder(configuration.vision, from: weights)
        let width = configuration.vision.projectionWidth
        concepts = ConceptTable("concept_embeds", count: 17, width: width, from: weights)
        specialCare = ConceptTable("special_care_embeds", count: 3, width: width, from: weights)
    }

    /// How many views go through the encoder together.
    private static let mostAtOnce = 8

    /// Judges pictures by the middle of each, as diffusers does.
    ///
    /// - Throws: ``ModelError/notFinite(model:picture:)`` where a score is not a number: such a picture is not cleared.
    public func callAsFunction(_ pictures: [Image], on backend: some Backend) throws -> [SafetyVerdict] {
        try pictures.enumerated().map { index, picture in
            try verdict(of: [picture], number: index + 1, on: backend)
        }
    }

    /// Judges pictures by all that `views`, which were made for their size, show of them: each concept's score is the highest
    /// of all views, so one view flags the picture.
    ///
    /// - Throws: as ``callAsFunction(_:on:)``.
    public func callAsFunction(
        _ pictures: [Image], seenAs views: SafetyViews, on backend: some Backend
    ) throws -> [SafetyVerdict] {
        try pictures.enumerated().map { index, picture in
            try verdict(of: views(picture), number: index + 1, on: backend)
        }
    }

    /// Goes through what judging one picture by `views` takes, on a backend that only counts.
    public func rehearse(_ views: SafetyViews, on backend: some Backend) throws {
        let side = configuration.vision.imageSize
        for start in stride(from: 0, to: views.count, by: Self.mostAtOnce) {
            let count = min(Self.mostAtOnce, views.count - start)
            let blank = HostTensor(
                [Float](repeating: 0, count: count * side * side * 3), shape: [count, side, side, 3])
            _ = try encoder(blank, on: backend)
        }
    }

    private func verdict(of views: [Image], number: Int, on backend: some Backend) throws -> SafetyVerdict {
        let (side, width) = (configuration.vision.imageSize, configuration.vision.projectionWidth)
        var verdicts: [SafetyVerdict] = []
        for start in stride(from: 0, to: views.count, by: Self.mostAtOnce) {
            let seen = views[start..<min(start + Self.mostAtOnce, views.count)]
            let pictures = HostTensor(seen.flatMap { preparation($0).floats }, shape: [seen.count, side, side, 3])
            let embeddings = try backend.download(encoder(pictures, on: backend).embedding).floats
            for row in seen.indices.map({ $0 - start }) {
                verdicts.append(
                    try verdict(of: Array(embeddings[row * width..<(row + 1) * width]), number: number))
            }
        }
        return SafetyVerdict(highestOf: verdicts)
    }

    private func verdict(of embedding: [Float], number: Int) throws -> SafetyVerdict {
        let (special, concepts) = (specialCare.similarities(to: embedding), concepts.similarities(to: embedding))
        guard (special + concepts).allSatisfy({ $0.similarity.isFinite && $0.threshold.isFinite }) else {
            throw ModelError.notFinite(model: "safety checker", picture: number)
        }
        return SafetyVerdict(special: special, concepts: concepts)
    }
}

/// Directions in the encoder's projected space, each with the cosine from which on a picture is said to show it.
private struct ConceptTable: Sendable {
    /// `[count, projectionWidth]` and `[count]`.
    private let embeddings, thresholds: HostTensor

    init(_ name: String, count: Int, width: Int, from weights: WeightScope) {
        embeddings = weights.tensor(name, [count, width])
        thresholds = weights.tensor(name + "_weights", [count])
    }

    /// The cosine between `embedding` and each concept, with its threshold; zeros where there are but shapes.
    func similarities(to embedding: [Float]) -> [(similarity: Double, threshold: Double)] {
        let count = thresholds.shape[0]
        guard !embeddings.isShapeOnly, !thresholds.isShapeOnly else { return Array(repeating: (0, 0), count: count) }
        let length = norm(embedding)
        return zip(0..<count, thresholds.floats).map { index, threshold in
            let concept = embeddings.slice(index..<index + 1).floats
            let product = zip(concept, embedding).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            return (product / (length * norm(concept)), Double(threshold))
        }
    }

    /// At least 1e-12, as torch's `normalize` has it.
    private func norm(_ vector: [Float]) -> Double {
        let sum = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        return sum < 1e-12 ? 1e-12 : sum
    }
}
