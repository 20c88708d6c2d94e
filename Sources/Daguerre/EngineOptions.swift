public import DaguerreCheckpoints
public import DaguerreTensors

/// How a model is loaded and run; `nil` leaves the choice to Daguerre.
public struct EngineOptions: Equatable, Sendable {
    /// What weights and activations are rounded to: bfloat16 where the processor computes in it, else float32.
    public var precision: Precision?
    /// Threads: as many as physical cores are available to the process.
    public var threads: Int?
    /// Whether weights are mapped (true) or read: mapped, except on network file systems.
    public var mapsWeights: Bool?

    /// What the denoiser predicts, where the checkpoint does not say or says it wrongly.
    public var prediction: SingleFilePrediction.Kind?
    /// A file or folder with an autoencoder to take in place of the model's own.
    public var autoencoder: String?

    /// Which safety checker looks at what is drawn.
    public var safetyChecker = SafetyCheckerChoice.off
    /// What previews are made by.
    public var previewDecoder = PreviewDecoderChoice.linear
    /// A folder or file with a model that goes on where this one leaves, such as Stable Diffusion XL's refiner.
    public var refiner: String?

    /// The same for a refiner, which has its own autoencoder and needs none of its own.
    var ofRefiner: EngineOptions {
        var options = self
        options.refiner = nil
        options.autoencoder = nil
        options.prediction = nil
        return options
    }

    /// Leaves every choice to Daguerre.
    public init(
        precision: Precision? = nil, threads: Int? = nil, mapsWeights: Bool? = nil,
        prediction: SingleFilePrediction.Kind? = nil, autoencoder: String? = nil, refiner: String? = nil
    ) {
        self.precision = precision
        self.threads = threads
        self.mapsWeights = mapsWeights
        self.prediction = prediction
        self.autoencoder = autoencoder
        self.refiner = refiner
    }
}
