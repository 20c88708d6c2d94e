import DaguerreJobs

/// Draws what a request to `/txt2img` or `/img2img` asks for: one job after another, a batch each, so that those which are
/// done can be sent when the rest is given up.
struct WebUIDrawing: Sendable {
    let service: JobService
    let sessions: WebUISessions
    let intake: PictureIntake
    let caller: Caller

    /// What was drawn.
    struct Result: Sendable {
        /// Images that were asked for.
        var images: [JobImage] = []
        /// What ControlNets were shown.
        var maps: [JobImage] = []
        /// How the image stood that was being drawn when the rest was given up, enlarged to its size.
        var unfinished: [UInt8]?
        /// What the safety policy did with each picture that was drawn.
        var safety: [SafetyRecord] = []
    }

    /// Draws until all is done, or until the caller gives up the rest.
    ///
    /// A batch that is blocked is no reason to keep back the others.
    ///
    /// - Throws: ``JobEnding`` where a batch failed, or where all were blocked; what ``JobService/submit(_:by:_:)`` throws;
    ///   `CancellationError` when the client has gone, and with it the job.
    func draw(_ request: WebUIRequest, started: Timestamp) async throws -> Result {
        let owner = caller.owner
        let number = sessions.begin(
            owner, iterations: request.iterations, taskIdentifier: request.taskIdentifier, at: started)
        defer { sessions.end(number, of: owner) }
        var result = Result()
        for index in 0..<request.iterations {
            let batch = request.batch(index)
            let job = try await service.submit(batch, by: caller).job
            if !sessions.draws(job.id, drawn: index, number, of: owner) {
                // Given up between the batches.
                _ = try await service.cancel(job.id, by: caller)
                break
            }
            let ended = try await service.wait(for: job.id, by: caller)
            switch (ended.state, ended.outcome) {
            case (.succeeded, .succeeded(let images, _, _)?):
                result.images += images.filter { $0.role == .result }
                result.maps += images.filter { $0.role == .controlMap }
            case (.blocked, _) where index + 1 < request.iterations || !result.images.isEmpty: break
            case (.cancelled, _):
                if let preview = sessions.preview(number, of: owner) {
                    result.unfinished = try await intake.enlarged(preview, for: ended.request)
                }
            default: throw JobEnding(record: ended)
            }
            result.safety += ended.outcome?.safety ?? []
            if sessions.isInterrupted(number, of: owner) { break }
        }
        return result
    }
}
