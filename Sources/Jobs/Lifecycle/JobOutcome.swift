/// How a job ended, as the worker that ran it says.
public enum JobOutcome: Equatable, Sendable {
    /// Its images are in the blob store, and what it took; under a safety policy also what was done with each picture that
    /// was drawn, in the order of their seeds, those withheld among them.
    case succeeded([JobImage], JobUsage, safety: [SafetyRecord] = [])
    /// It cannot be done.
    case failed(JobFailure)
    /// The safety policy lets no image of it out; what was said of each, in the order of their seeds.
    case blocked([SafetyRecord], JobUsage)
    /// The worker stopped, since it was asked to.
    case cancelled

    /// What it took, where that was measured.
    public var usage: JobUsage? {
        switch self {
        case .succeeded(_, let usage, _), .blocked(_, let usage): usage
        case .failed, .cancelled: nil
        }
    }

    /// What was done with each picture that was drawn, in the order of their seeds; empty where the policy was off.
    public var safety: [SafetyRecord] {
        switch self {
        case .succeeded(_, _, let records), .blocked(let records, _): records
        case .failed, .cancelled: []
        }
    }

    /// The state that it leads to.
    public var state: JobState {
        switch self {
        case .succeeded: .succeeded
        case .failed: .failed
        case .blocked: .blocked
        case .cancelled: .cancelled
        }
    }
}

/// Why a job failed, in words for whoever asked for it.
public struct JobFailure: Codable, Equatable, Sendable {
    /// What kind of failure.
    public enum Code: String, Codable, CaseIterable, Sendable {
        /// The request asks for what the model cannot do, such as an adapter that does not fit it.
        case invalidRequest = "invalid_request"
        /// A model or adapter it names is gone or cannot be read.
        case modelUnavailable = "model_unavailable"
        /// It does not fit into memory.
        case outOfMemory = "out_of_memory"
        /// The numbers left the range of the precision.
        case numericallyFailed = "numerically_failed"
        /// The safety checker could not judge; nothing unjudged leaves the worker.
        case safetyUnavailable = "safety_unavailable"
        /// Its worker ended each time it was begun.
        case workerLost = "worker_lost"
        /// What should not happen.
        case internalError = "internal_error"
    }

    /// What kind of failure.
    public let code: Code
    /// One line: what was wrong, where, and what to do; never a path.
    public let message: String

    /// That of a job which has lost too many workers.
    static let givenUp = JobFailure(
        .workerLost,
        "its worker ended \(JobLifecycle.mostLosses) times while it ran; ask for less at once, or look into the server's log"
    )

    /// A failure of kind `code`.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// An image that a job drew.
public struct JobImage: Codable, Equatable, Sendable {
    /// What it is beside the others.
    public enum Role: String, Codable, Sendable {
        /// What was asked for.
        case result
        /// What a ControlNet was shown.
        case controlMap = "control_map"
    }

    /// SHA-256 of the file, in the blob store.
    public var digest: BlobDigest
    /// What it is.
    public var role = Role.result
    /// Pixels.
    public var width, height: Int
    /// Of the file.
    public var byteCount: Int
    /// `image/png`, `image/jpeg` or `image/webp`.
    public var mediaType: String
    /// The seed of this image.
    public var seed: UInt64
    /// How it was drawn, as AUTOMATIC1111 writes it.
    public var infotext: String
    /// What the safety checker said; nil where the policy is off.
    public var safety: SafetyRecord?

    /// Whether a model drew it and no safety checker has looked at it: the policy was off.
    public var isUnjudged: Bool { role == .result && safety == nil }

    /// An image in the blob store.
    public init(
        digest: BlobDigest, role: Role = .result, width: Int, height: Int, byteCount: Int, mediaType: String,
        seed: UInt64, infotext: String, safety: SafetyRecord? = nil
    ) {
        self.digest = digest
        self.role = role
        self.width = width
        self.height = height
        self.byteCount = byteCount
        self.mediaType = mediaType
        self.seed = seed
        self.infotext = infotext
        self.safety = safety
    }
}

/// What the safety checker said of an image, and what was done.
public struct SafetyRecord: Codable, Equatable, Sendable {
    /// What was done.
    public enum Action: String, Codable, CaseIterable, Sendable {
        /// Nothing was found.
        case passed
        /// It was blurred until nothing can be made out.
        case blurred
        /// It was withheld.
        case blocked
    }

    /// What was done.
    public let action: Action
    /// The concepts found, by the checkpoint's numbers.
    public let concepts: [Int]

    /// What was done, and why.
    public init(_ action: Action, concepts: [Int] = []) {
        self.action = action
        self.concepts = concepts
    }
}

/// What a job took.
public struct JobUsage: Codable, Equatable, Sendable {
    /// Seconds of each stage, in the order of their running: `load`, `text`, `denoise`, `decode`, `safety`, `encode`.
    public var stages: [Stage]
    /// Denoising steps evaluated, over all images and passes.
    public var steps: Int
    /// The most bytes held at once.
    public var peakBytes: Int

    /// A stage of the work.
    public struct Stage: Codable, Equatable, Sendable {
        /// What it is called.
        public let name: String
        /// How long it took.
        public let seconds: Double

        /// The stage `name`, of so many seconds.
        public init(_ name: String, seconds: Double) {
            self.name = name
            self.seconds = seconds
        }
    }

    /// Seconds in all: what budgets count.
    public var seconds: Double { stages.reduce(0) { $0 + $1.seconds } }

    /// What a job took.
    public init(stages: [Stage], steps: Int, peakBytes: Int) {
        self.stages = stages
        self.steps = steps
        self.peakBytes = peakBytes
    }
}
