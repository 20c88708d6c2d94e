public import Daguerre
public import DaguerreImaging

/// How a deployment draws.
public struct EngineSettings: Sendable {
    /// How models are loaded and run; the autoencoder, refiner and safety checker are those of requests and ``safety``.
    public var options = EngineOptions()
    /// How many models are kept at hand.
    public var residentModels = 2
    /// Bytes that models and the drawing may take together, beside what the machine has; as much as there is where nil.
    public var memoryBudget: Int?
    /// Bytes of adapters' and controls' files that are kept at hand for each model.
    public var adapterBudget = 2 << 30
    /// The most images that are drawn at once, of one job or of several, from 1 on; as many as are worth it where nil.
    public var batchLimit: Int?
    /// What is done with what a deployment does not want to show.
    public var safety = SafetyPolicy.off
    /// The least time between two previews of a job.
    public var previewInterval = Duration.milliseconds(500)
    /// The most of a job's time that may go into its previews, whatever ``previewInterval`` allows: above 0, up to 1.
    public var previewShare = 0.1
    /// Pixels of a preview's longer side; up to twice as many where that shows more.
    public var previewSide = 256
    /// What previews are made by.
    public var previewSource = PreviewSource.automatic
    /// Bounds on uploads, enforced before memory is spent.
    public var imageLimits = ImageLimits()
    /// Whether files say how they were drawn, as AUTOMATIC1111 writes it.
    public var writesInfotext = true
    /// Whether files say that a model drew them: IPTC's `trainedAlgorithmicMedia`.
    public var writesProvenance = true

    /// Two models at hand, all of the machine's memory, and no policy.
    public init() {}
}
