import DaguerreJobs
import Hummingbird

/// `/sdapi/v1/progress`, `/interrupt` and `/skip`: how far the caller's requests to this interface are, and their end.
///
/// Nobody else's requests show or are touched, nor are the caller's jobs of other interfaces.
struct WebUIProgressRoutes: Sendable {
    let core: CompatibleCore
    let sessions: WebUISessions

    private struct Progress: Encodable {
        struct State: Encodable {
            var skipped = false
            var interrupted = false
            var stopping_generation = false
            var job = ""
            var job_count = 0
            var job_timestamp = "0"
            var job_no = 0
            var sampling_step = 0
            var sampling_steps = 0
        }

        var progress = 0.0
        var eta_relative = 0.0
        var state = State()
        var current_image: JSONValue = .null
        var textinfo: JSONValue = .null
    }

    func add(to group: RouterGroup<GatewayContext>) {
        group.get("sdapi/v1/progress") { request, context in
            let skipsImage = ["true", "1"].contains(request.uri.queryParameters["skip_current_image"]?.lowercased())
            return try JSON.response(progress(of: try context.caller.owner, withImage: !skipsImage))
        }
        group.post("sdapi/v1/interrupt") { _, context in try await stop(context, presentBatchOnly: false) }
        group.post("sdapi/v1/skip") { _, context in try await stop(context, presentBatchOnly: true) }
        group.post("internal/progress") { request, context in
            var fields = LooseFields(try await core.object(of: request))
            return try JSON.response(try taskProgress(of: fields.text("id_task") ?? "", try context.caller.owner))
        }
    }

    private func progress(of owner: Owner, withImage: Bool) -> Progress {
        let running = sessions.running(of: owner)
        var answer = Progress()
        guard let first = running.first else { return answer }
        let now = first.job.flatMap { core.service.events.progress(of: $0) }
        answer.state.job = "Batch \(first.drawn + 1) out of \(first.iterations)"
        answer.state.job_count = running.reduce(0) { $0 + $1.iterations }
        answer.state.job_no = first.drawn
        answer.state.job_timestamp = first.started.webUIText
        answer.state.interrupted = first.isInterrupted
        answer.state.stopping_generation = first.isInterrupted
        answer.state.sampling_step = now?.step ?? 0
        answer.state.sampling_steps = now?.steps ?? 0
        // Never 0 while something is under way: clients take that for the end.
        answer.progress = max((Double(first.drawn) + (now?.fraction ?? 0)) / Double(first.iterations), 0.01)
        answer.eta_relative = now?.secondsLeft ?? 0
        if withImage, let preview = now?.preview {
            answer.current_image = .text(Base64.encode(preview.bytes))
        }
        return answer
    }

    private func taskProgress(of task: String, _ owner: Owner) -> [String: JSONValue] {
        guard let running = sessions.running(of: owner).first(where: { $0.taskIdentifier == task }) else {
            return [
                "active": false, "queued": false, "completed": true, "progress": nil, "eta": nil, "live_preview": nil,
                "id_live_preview": -1, "textinfo": "Waiting...",
            ]
        }
        let now = running.job.flatMap { core.service.events.progress(of: $0) }
        let done = (Double(running.drawn) + (now?.fraction ?? 0)) / Double(running.iterations)
        let preview = now?.preview.map { "data:\($0.mediaType);base64," + Base64.encode($0.bytes) }
        return [
            "active": .flag(now != nil), "queued": .flag(now == nil), "completed": false, "progress": .number(done),
            "eta": now?.secondsLeft.map { .number($0) } ?? .null, "live_preview": preview.map { .text($0) } ?? .null,
            "id_live_preview": .integer(Int64(now?.step ?? -1)), "textinfo": .text(now == nil ? "In queue..." : ""),
        ]
    }

    private func stop(_ context: GatewayContext, presentBatchOnly: Bool) async throws -> Response {
        let caller = try context.caller
        let events = core.service.events
        let jobs = sessions.interrupt(caller.owner, presentBatchOnly: presentBatchOnly) { job in
            events.progress(of: job)?.preview
        }
        for job in jobs { _ = try await core.service.cancel(job, by: caller) }
        return try JSON.response([String: JSONValue]())
    }
}
