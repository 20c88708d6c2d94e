import DaguerreSampling

/// What the images of a request take, evaluation by evaluation: tells how far a run is.
struct RunCourse {
    /// What each evaluation of one image takes, then its decoding; only how they compare matters.
    private let costs: [Double]
    private let imageCount: Int

    /// An evaluation takes as long as it has latents, decoding as long as an evaluation of the last pass: rough, and near
    /// enough for a bar.
    init(_ plan: GenerationPlan, imageCount: Int) {
        let passes = plan.passes
        let evaluations = passes.flatMap { pass in
            pass.stages.flatMap { stage in stage.plan.evaluations.map { _ in pass.size.pixelCount } }
        }
        costs = evaluations + [passes.last?.size.pixelCount ?? 1]
        self.imageCount = imageCount
    }

    /// How far a run is once evaluation `index` of `images`, which are drawn at once, is done.
    func step(_ index: Int, images: Range<Int>, duration: Duration) -> Progress.Step {
        let evaluations = costs.count - 1
        let whole = costs.reduce(0, +)
        // What an adaptive run adds is done in the time of the last that was known.
        let done = costs.prefix(min(index + 1, evaluations)).reduce(0, +)
        return Progress.Step(
            index: index, count: max(evaluations, index + 1), image: images.lowerBound, imageCount: imageCount,
            imagesAtOnce: images.count, duration: duration,
            share: (Double(images.lowerBound) * whole + Double(images.count) * done) / (Double(imageCount) * whole))
    }
}

extension PixelSize {
    fileprivate var pixelCount: Double { Double(width) * Double(height) }
}
