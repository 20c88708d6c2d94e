public import DaguerreGateway
import DaguerreImaging
public import DaguerreJobs
import DaguerrePixels
import DaguerreRegistry

/// A server without an engine: jobs wait in memory, and what "draws" them takes steps of a fixed length.
public struct StubServer: Sendable {
    /// How jobs are drawn.
    public struct Drawing: Sendable {
        /// How long each of a job's steps takes.
        public var step = Duration.milliseconds(2)
        /// Whether jobs are drawn at all.
        public var isOn = true
        /// What becomes of jobs in place of an image, by their prompts.
        public var outcomes: [String: JobOutcome] = [:]
        /// What was said of each image.
        public var safety: SafetyRecord?
        /// Whether images are kept back of which nothing was said.
        public var withholdsUnjudged = false

        /// Two milliseconds a step.
        public init() {}
    }

    /// Where jobs wait.
    public let queue: any JobQueue
    /// Where images are.
    public let blobs = MemoryBlobs()
    /// Tells what happens.
    public let events = JobEvents()
    /// What the gateway is given.
    public let service: JobService
    private let drawing: Drawing

    /// A server that draws as `drawing` says, and takes what is within `limits`.
    public init(_ drawing: Drawing = Drawing(), capacity: Int = 1000, limits: RequestLimits = RequestLimits()) {
        self.drawing = drawing
        queue = MemoryJobQueue(capacity: capacity)
        service = JobService(
            queue: queue, blobs: blobs, events: events, registry: FixedRegistry(), vocabulary: .fixed,
            limits: limits, withholdsUnjudged: drawing.withholdsUnjudged,
            estimate: { Double($0.steps ?? 20) * 0.01 })
    }

    /// Draws until it is cancelled.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            let changes = queue.changes()
            let work = queue.changes()
            group.addTask { for await job in changes { events.publish(job) } }
            guard drawing.isOn else { return }
            group.addTask {
                await drawAll()
                for await job in work where job.state == .queued { await drawAll() }
            }
        }
    }

    /// Runs beside `operation`.
    public func running<Value: Sendable>(_ operation: @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await run() }
            let value = try await operation()
            group.cancelAll()
            return value
        }
    }

    private func drawAll() async {
        while !Task.isCancelled, let lease = try? await queue.lease(preferring: [], seconds: 600) {
            let outcome = (try? await draw(lease)) ?? .failed(JobFailure(.internalError, "the stub failed"))
            _ = try? await queue.finish(lease, outcome)
        }
    }

    private func draw(_ lease: JobLease) async throws -> JobOutcome {
        let request = lease.job.request
        if let outcome = drawing.outcomes[request.prompt] { return outcome }
        let steps = request.steps ?? 4
        let width = request.width ?? 64, height = request.height ?? 64, seed = request.seed ?? 0
        for step in 1...steps {
            try await Task.sleep(for: drawing.step)
            if try await queue.extend(lease, seconds: 600) != .held { return .cancelled }
            var progress = JobProgress(.denoising, step: step, steps: steps, secondsLeft: 0.1)
            if request.previews {
                progress.preview = JobProgress.Preview(
                    mediaType: "image/png", bytes: try Self.picture(8, 8, UInt8(step % 256)), width: 8, height: 8)
            }
            events.publish(progress, of: lease.job.id)
        }
        var images: [JobImage] = []
        for index in 0..<UInt64(request.count) {
            let bytes = try Self.picture(width, height, UInt8(truncatingIfNeeded: seed &+ index))
            images.append(
                JobImage(
                    digest: try await blobs.put(bytes), width: width, height: height, byteCount: bytes.count,
                    mediaType: "image/png", seed: seed &+ index, infotext: request.prompt, safety: drawing.safety))
        }
        return .succeeded(
            images, JobUsage(stages: [.init("denoise", seconds: 0.01)], steps: steps, peakBytes: 1 << 20))
    }

    /// How a job of three pictures ends of which the second was withheld; their files are nowhere.
    public static func partlyWithheld() -> JobOutcome {
        let records = [
            SafetyRecord(.passed), SafetyRecord(.blocked, concepts: [3, 9]), SafetyRecord(.blurred, concepts: [1]),
        ]
        let images = [(5 as UInt64, records[0]), (7, records[2])].compactMap { seed, record in
            BlobDigest(String(repeating: "\(seed)", count: 64)).map { digest in
                JobImage(
                    digest: digest, width: 64, height: 64, byteCount: 1, mediaType: "image/png", seed: seed,
                    infotext: "part", safety: record)
            }
        }
        return .succeeded(images, JobUsage(stages: [], steps: 4, peakBytes: 1), safety: records)
    }

    /// A PNG file of one colour.
    public static func picture(_ width: Int, _ height: Int, _ shade: UInt8) throws -> [UInt8] {
        try ImageFile.encode(Image(width: width, height: height, filledWith: [shade, 80, 160]), as: .png)
    }
}
