/// Does the work of jobs.
///
/// The engine is one; tests and measurements have others.
public protocol JobRunner: Sendable {
    /// Models at hand, so that jobs of theirs start at once.
    var residentModels: Set<String> { get async }

    /// How many images are worth computing together where one job is `request`, its own included: jobs like it that
    /// are next in line are then taken with it. 1 if it is to be computed alone.
    func batchLimit(for request: JobRequest) async -> Int

    /// Runs `jobs`, which may be computed together, and calls `finish` for each as soon as it has ended.
    ///
    /// Cancelling the task ends all of them within a step; `isCancelled` is asked each step and ends one.
    ///
    /// - Parameter report: is told of progress; never blocks.
    func run(
        _ jobs: [JobLease],
        isCancelled: @escaping @Sendable (JobIdentifier) -> Bool,
        report: @escaping @Sendable (JobIdentifier, JobProgress) -> Void,
        finish: @escaping @Sendable (JobIdentifier, JobOutcome) async -> Void
    ) async
}

extension JobRunner {
    /// Each job is computed alone.
    public func batchLimit(for request: JobRequest) -> Int { 1 }
}

/// How far a running job is.
public struct JobProgress: Codable, Equatable, Sendable {
    /// What is being done.
    public enum Stage: String, Codable, CaseIterable, Sendable {
        /// The model or an adapter is being loaded.
        case loading
        /// Prompts are read.
        case encoding
        /// Steps are taken.
        case denoising
        /// Pixels are made, checked and written.
        case finishing
    }

    /// What is being done.
    public var stage: Stage
    /// Steps done and to do, over all images and passes.
    public var step: Int, steps: Int
    /// The image that is being drawn, from 0.
    public var image: Int
    /// Seconds left, by the steps so far; nil where nothing is known yet.
    public var secondsLeft: Double?
    /// A small picture of how it stands, as a file; never written to the store.
    public var preview: Preview?

    /// A small picture of how an image stands.
    public struct Preview: Codable, Equatable, Sendable {
        /// `image/jpeg` or `image/png`.
        public var mediaType: String
        /// The file.
        public var bytes: [UInt8]
        /// Pixels.
        public var width, height: Int

        /// A preview that is already encoded.
        public init(mediaType: String, bytes: [UInt8], width: Int, height: Int) {
            self.mediaType = mediaType
            self.bytes = bytes
            self.width = width
            self.height = height
        }
    }

    /// The share that is done, from 0 to 1.
    public var fraction: Double { steps > 0 ? min(Double(step) / Double(steps), 1) : 0 }

    /// So far.
    public init(
        _ stage: Stage, step: Int = 0, steps: Int = 0, image: Int = 0, secondsLeft: Double? = nil,
        preview: Preview? = nil
    ) {
        self.stage = stage
        self.step = step
        self.steps = steps
        self.image = image
        self.secondsLeft = secondsLeft
        self.preview = preview
    }
}
