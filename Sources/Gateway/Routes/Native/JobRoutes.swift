import DaguerreJobs
import HTTPTypes
import Hummingbird
import Logging

/// `/v1/jobs`: submit, list, look, cancel.
struct JobRoutes: Sendable {
    let service: JobService
    let bounds: GatewayConfiguration.Bounds

    func add(to group: RouterGroup<GatewayContext>) {
        group.post("v1/jobs", use: submit)
        group.get("v1/jobs", use: list)
        group.get("v1/jobs/{id}", use: look)
        group.delete("v1/jobs/{id}", use: cancel)
        group.post("v1/jobs/{id}/cancel", use: cancel)
    }

    /// 202 with the job's address; 200 with the job if the client waited for its end and it came.
    ///
    /// - Throws: ``RequestError`` (422, names the field); ``QueueError/full(retryAfterSeconds:)`` (429).
    @Sendable private func submit(_ request: Request, context: GatewayContext) async throws -> Response {
        try request.requireJSON()
        let caller = try context.caller
        let seconds = try request.query("wait").map(Self.waitSeconds)
        let bytes = try await request.bytes(atMost: bounds.jsonBytes)
        let (order, options) = try JobSubmissionBody.read(bytes, idempotencyKey: request.headers[.idempotencyKey])
        var (job, isRepeated) = try await service.submit(order, by: caller, options)
        context.logger.info("Job accepted", metadata: ["job": "\(job.id)", "repeated": "\(isRepeated)"])
        // One that has ended may be forgotten already, and is then told of here only.
        if let seconds, seconds > 0, !job.state.isTerminal {
            do {
                // Who names a submission comes back for it: another connection may wait for the same job already.
                job = try await service.wait(
                    for: job.id, by: caller, atMost: seconds, cancelsOnDisconnect: options.idempotencyKey == nil)
            } catch GatewayError.shuttingDown {
                // The job is kept; the client learns where to look for it once the server is back.
            }
        }
        var headers: HTTPFields = [.location: "/v1/jobs/\(job.id)"]
        if isRepeated { headers[.idempotentReplayed] = "true" }
        let status: HTTPResponse.Status = job.state.isTerminal && seconds != nil ? .ok : .accepted
        // Its place takes a look at all that wait, which a burst of submissions is not to pay for each.
        guard seconds != nil else { return try JSON.response(JobBody(job), status: status, headers: headers) }
        return try await response(job, status: status, headers: headers)
    }

    @Sendable private func list(_ request: Request, context: GatewayContext) async throws -> Response {
        let states = try request.query("state")?.split(separator: ",", omittingEmptySubsequences: false).map { text in
            guard let state = JobState(rawValue: String(text)) else {
                throw GatewayError.badRequest(
                    "state: what is there is none of " + JobState.allCases.map(\.rawValue).joined(separator: ", "))
            }
            return state
        }
        let before = try request.query("before").map { text in
            guard let id = JobIdentifier(text) else {
                throw GatewayError.badRequest("before: what is there is no job's name")
            }
            return id
        }
        let limit = try request.query("limit").map { text in
            guard let limit = Int(text), (1...100).contains(limit) else {
                throw GatewayError.badRequest("limit: what is there is no number from 1 to 100")
            }
            return limit
        }
        let most = limit ?? 50
        let jobs = try await service.jobs(
            of: context.caller, states: Set(states ?? []), before: before, limit: most + 1)
        return try JSON.response(
            JobList(
                data: jobs.prefix(most).map { JobBody($0, progress: progress(of: $0)) },
                next: jobs.count > most ? jobs.prefix(most).last?.id : nil))
    }

    @Sendable private func look(_ request: Request, context: GatewayContext) async throws -> Response {
        try await response(service.job(context.jobIdentifier(), for: context.caller))
    }

    @Sendable private func cancel(_ request: Request, context: GatewayContext) async throws -> Response {
        try await response(service.cancel(context.jobIdentifier(), by: context.caller))
    }

    private func response(
        _ job: JobRecord, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) async throws -> Response {
        let position = job.state == .queued ? try await service.queue.position(of: job.id) : nil
        return try JSON.response(
            JobBody(job, position: position, progress: progress(of: job)), status: status, headers: headers)
    }

    private func progress(of job: JobRecord) -> JobProgress? {
        job.state == .running ? service.events.progress(of: job.id) : nil
    }

    /// `true` waits for the end, `false` not at all, a number so many seconds.
    private static func waitSeconds(_ text: String) throws(GatewayError) -> Double {
        switch text {
        case "true": return .infinity
        case "false": return 0
        default:
            let isPlain = text.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
            guard isPlain, let seconds = Double(text), seconds < 1000 else {
                throw .badRequest("wait: what is there is not true, false or a number of seconds below 1000")
            }
            return seconds
        }
    }

    private struct JobList: Encodable {
        let object = "list"
        let data: [JobBody]
        let next: JobIdentifier?
    }
}

extension HTTPField.Name {
    /// Tells that an idempotency key was known.
    static let idempotentReplayed = own("Idempotent-Replayed")
}
