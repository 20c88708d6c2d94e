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

    /// Judges pictures, one after another.
    ///
    /// - Throws: ``ModelError/notFinite(model:picture:)`` where a score is not a number: such a picture is not cleared.
    public func callAsFunction(_ pictures: [Image], on backend: some Backend) throws -> [SafetyVerdict] {
        try pictures.enumerated().map { index, picture in
            let embedding = try backend.download(encoder(preparation(picture), on: backend).embedding).floats
            let (special, concepts) = (specialCare.similarities(to: embedding), concepts.similarities(to: embedding))
            guard (special + concepts).allSatisfy({ $0.similarity.isFinite && $0.threshold.isFinite }) else {
                throw ModelError.notFinite(model: "safety checker", picture: index + 1)
            }
            return SafetyVerdict(special: special, concepts: concepts)
        }
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
