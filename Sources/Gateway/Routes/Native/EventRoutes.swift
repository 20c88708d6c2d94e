import DaguerreJobs
import HTTPTypes
import Hummingbird
import NIOCore

/// `/v1/jobs/{id}/events` and `/v1/events`: what happens to jobs, as server-sent events.
///
/// Source: WHATWG HTML, section 9.2. Signs of life between events are the connection's affair; see ``RequestPhases``.
struct EventRoutes: Sendable {
    let service: JobService

    func add(to group: RouterGroup<GatewayContext>) {
        group.get("v1/jobs/{id}/events", use: ofJob)
        group.get("v1/events", use: ofCaller)
    }

    /// Events of one job from the one after `Last-Event-ID` on; ends with the job.
    @Sendable private func ofJob(_ request: Request, context: GatewayContext) async throws -> Response {
        let last = request.headers[.lastEventID].flatMap { Int64($0) }
        let (missed, coming) = try await service.watch(context.jobIdentifier(), by: context.caller, after: last)
        return stream(missed, coming, isNumbered: true, endsWithJob: true)
    }

    /// Events of all of the caller's jobs: where those stand that have not ended, then what happens.
    @Sendable private func ofCaller(_ request: Request, context: GatewayContext) async throws -> Response {
        let (current, coming) = try await service.watch(by: context.caller)
        return stream(current, coming, isNumbered: false, endsWithJob: false)
    }

    private func stream(
        _ missed: [JobEvent], _ coming: JobEventSequence, isNumbered: Bool, endsWithJob: Bool
    ) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store", .xAccelBuffering: "no"],
            body: ResponseBody { writer in
                var newest = Int64.min
                for event in missed {
                    newest = max(newest, event.sequence)
                    try await writer.write(Self.text(event, isNumbered: isNumbered))
                    if endsWithJob, event.isTerminal { return try await writer.finish(nil) }
                }
                // Headers, and with them the client's certainty that it is connected, do not wait for the first event.
                if missed.isEmpty { try await writer.write(ByteBuffer(string: ": \n\n")) }
                for await event in coming where !endsWithJob || event.sequence > newest {
                    try await writer.write(Self.text(event, isNumbered: isNumbered))
                    if endsWithJob, event.isTerminal { break }
                }
                try await writer.finish(nil)
            })
    }

    private static func text(_ event: JobEvent, isNumbered: Bool) throws -> ByteBuffer {
        var buffer = ByteBuffer()
        // A number is a job's own: among those of many jobs it would not tell where to go on.
        if isNumbered { buffer.writeString("id: \(event.sequence)\n") }
        switch event.kind {
        case .state(let record):
            buffer.writeString("event: state\ndata: ")
            buffer.writeBytes(try JSON.encode(JobBody(record)))
        case .progress(let progress):
            buffer.writeString("event: progress\ndata: ")
            buffer.writeBytes(try JSON.encode(ProgressBody(progress, of: event.job)))
        }
        buffer.writeString("\n\n")
        return buffer
    }
}

extension HTTPField.Name {
    /// Asks nginx not to hold a stream back.
    static let xAccelBuffering = own("X-Accel-Buffering")
}
