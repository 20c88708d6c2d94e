import DaguerreAccess
import DaguerreJobs
import NIOPosix

/// What is computed on pictures in the gateway itself, for answers that wait for it: enlarging, and maps for ControlNets.
///
/// It has threads of its own, so that nobody's job waits behind it, and few places, however small the bodies are that ask for it:
/// what comes out may be a thousand times as large. A client that leaves takes with it what has not begun.
struct PictureWork: Sendable {
    private let service: JobService
    private let slots: OwnerSlots
    private let threads: NIOThreadPool

    /// Starts the threads, which last as long as the process.
    init(_ service: JobService, bounds: GatewayConfiguration.Bounds) {
        self.service = service
        slots = OwnerSlots(bounds.pictureWork)
        threads = NIOThreadPool(numberOfThreads: max(bounds.pictureWork / 2, 1))
        threads.start()
    }

    /// Does `operation` once there is a place for it; it counts as one of the caller's unfinished jobs meanwhile.
    ///
    /// - Parameter operation: is given the threads to compute on.
    /// - Throws: ``GatewayError/busy``; ``DaguerreJobs/QueueError/tooManyUnfinished(limit:)``; what `operation` throws.
    func perform<Value: Sendable>(
        for caller: Caller, _ operation: (NIOThreadPool) async throws -> Value
    ) async throws -> Value {
        try await slots.hold(for: caller.owner) {
            if let limit = caller.limits.unfinishedJobs {
                // Beyond so many, those of one owner here make no difference.
                let looked = min(limit, 100)
                let jobs = try await service.jobs(of: caller, states: [.queued, .running], limit: looked).count
                guard jobs < looked || looked < limit, jobs + slots.held(by: caller.owner) <= limit else {
                    throw QueueError.tooManyUnfinished(limit: limit)
                }
            }
            return try await operation(threads)
        }
    }

    /// The pixels of all pictures of a request together, as many as a job may draw.
    var pixelBudget: PixelBudget { PixelBudget(service.limits.pixels * service.limits.count) }
}

/// How many pixels a request may still have computed.
struct PixelBudget {
    private let total: Int
    private var left: Int

    init(_ total: Int) {
        self.total = total
        left = total
    }

    /// Takes those of a picture of `width × height`.
    ///
    /// - Throws: ``DaguerreJobs/RequestError`` where there are not so many left.
    mutating func take(width: Int, height: Int, field: String) throws(RequestError) {
        let (pixels, isTooMany) = width.multipliedReportingOverflow(by: height)
        guard !isTooMany, pixels <= left else {
            throw RequestError(
                field, found: "a picture that would have \(width)×\(height) pixels",
                expected: "\(total) pixels of all pictures together; ask for fewer or smaller ones")
        }
        left -= pixels
    }
}
