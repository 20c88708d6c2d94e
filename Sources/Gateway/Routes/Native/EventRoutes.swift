import DaguerreJobs
import HTTPTypes
import Hummingbird
import NIOCore

/// `/v1/jobs/{id}/events` and `/v1/events`: what happens to jobs, as server-sent events.
///
/// Signs of life between events are the connection's affair; see ``RequestPhases``.
struct EventRoutes: Sendable {
    let service: JobService

    func add(to group: RouterGroup<GatewayContext>) {
        group.get("v1/jobs/{id}/events", use: ofJob)
        group.get("v1/events", use: ofCaller)
    }

    /// Events of one job from the one after `Last-Event-ID` on; ends with the job.
    @Sendable private func ofJob(_ request: Request, context: GatewayContext) async throws -> Response {
        let last = request.headers[.lastEventID].flatMap { Int64($0) }
        let watched = try await service.watch(context.jobIdentifier(), by: context.caller, after: last)
        return response(EventStream(JobFeed(watched, endsWithJob: true), isNumbered: true))
    }

    /// Events of all of the caller's jobs: where those stand that have not ended, then what happens.
    @Sendable private func ofCaller(_ request: Request, context: GatewayContext) async throws -> Response {
        let (current, coming) = try await service.watch(by: context.caller)
        return response(EventStream(JobFeed((current, coming), endsWithJob: false), isNumbered: false))
    }

    private func response(_ stream: EventStream) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store", .xAccelBuffering: "no"],
            body: ResponseBody { writer in
                if let greeting = stream.greeting { try await writer.write(greeting) }
                // A connection follows by itself from here on; whatever else brings requests has this task do so.
                if let answer = writer as? AnswerWriter { return try await answer.follow(stream) }
                var stream = stream
                while let event = try await stream.next() { try await writer.write(event) }
                try await writer.finish(nil)
            })
    }
}

extension HTTPField.Name {
    /// Asks nginx not to hold a stream back.
    static let xAccelBuffering = own("X-Accel-Buffering")
}
