import DaguerreSampling

/// What the images of a request take, evaluation by evaluation: tells how far a run is.
struct RunCourse {
    /// What each evaluation of one image takes, then its decoding; only how they compare matters.
    private let costs: [Double]
    private let imageCount: Int

    /// An evaluation takes as long as it has latents, decoding as long as an evaluation of the last pass: rough, and near
    /// enough for a bar.
    init(_ plan: GenerationPlan, imageCount: Int) {
        let passes = [plan.first, plan.second].compactMap(\.self)
        let evaluations = passes.flatMap { pass in
            pass.stages.flatMap { stage in stage.plan.evaluations.map { _ in pass.size.pixelCount } }
        }
        costs = evaluations + [passes.last?.size.pixelCount ?? 1]
        self.imageCount = imageCount
    }

    /// How far a run is once evaluation `index` of image `image` is done.
    func step(_ index: Int, image: Int, duration: Duration) -> Progress.Step {
        let evaluations = costs.count - 1
        let whole = costs.reduce(0, +)
        // What an adaptive run adds is done in the time of the last that was known.
        let done = costs.prefix(min(index + 1, evaluations)).reduce(0, +)
        return Progress.Step(
            index: index, count: max(evaluations, index + 1), image: image, imageCount: imageCount, duration: duration,
            share: (Double(image) * whole + done) / (Double(imageCount) * whole))
    }
}

extension PixelSize {
    fileprivate var pixelCount: Double { Double(width) * Double(height) }
}
