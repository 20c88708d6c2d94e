import DaguerreJobs
import Hummingbird
import NIOCore

/// The images of a request as server-sent events: previews while they are drawn, then the images.
struct OpenAIStream: Sendable {
    let core: CompatibleCore
    let wanted: OpenAIImageRequest
    let kind: OpenAIImageRoutes.Kind
    let caller: Caller

    private struct Event: Encodable {
        let type: String
        let b64_json: String
        let created_at: Int64
        let size: String
        let quality: String
        let background = "opaque"
        let output_format: String
        var partial_image_index: Int?
        var usage: OpenAIUsage?
    }

    /// The answer, once the job is accepted: what is wrong with the request has a status of its own.
    func response() async throws -> Response {
        let job = try await core.service.submit(wanted.request, by: caller).job
        var headers = IgnoredFields.headers(wanted.ignored)
        headers[.contentType] = "text/event-stream"
        headers[.cacheControl] = "no-store"
        let body = ResponseBody { writer in
            do {
                try await send(job, to: &writer)
            } catch let error where !(error is CancellationError) {
                let report = ErrorReport(error)
                try await write("error", OpenAIErrors().body(of: report, requestID: ""), to: &writer)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    private func send(_ job: JobRecord, to writer: inout any ResponseBodyWriter) async throws {
        let ended = try await previews(of: job, to: &writer)
        guard case .succeeded(let images, _, _)? = ended.outcome else { throw JobEnding(record: ended) }
        for image in images where image.role == .result {
            let bytes = try await core.service.bytes(of: image)
            var event = event("completed", bytes, job, size: "\(image.width)x\(image.height)")
            event.usage = OpenAIUsage()
            try await write(event.type, event, to: &writer)
        }
    }

    /// Sends previews, at even shares of the work, until the job has ended.
    private func previews(of job: JobRecord, to writer: inout any ResponseBodyWriter) async throws -> JobRecord {
        let watched = try await core.service.watch(job.id, by: caller)
        var sent = 0
        // What was missed is where the job stands, its end included.
        for event in watched.missed {
            if case .state(let record) = event.kind, record.state.isTerminal { return record }
        }
        if wanted.partialImages > 0 {
            for await event in watched.coming {
                switch event.kind {
                case .state(let record) where record.state.isTerminal: return record
                case .state, .lagged: break
                case .progress(let progress):
                    let next = Double(sent + 1) / Double(wanted.partialImages + 1)
                    guard sent < wanted.partialImages, progress.fraction >= next, let preview = progress.preview else {
                        continue
                    }
                    let bytes = try await core.intake(for: caller).enlarged(preview, for: job.request)
                    var partial = self.event("partial_image", bytes, job, size: size(preview))
                    partial.partial_image_index = sent
                    try await write(partial.type, partial, to: &writer)
                    sent += 1
                }
            }
        }
        return try await core.service.wait(for: job.id, by: caller)
    }

    private func size(_ preview: JobProgress.Preview) -> String {
        "\(wanted.request.width ?? preview.width)x\(wanted.request.height ?? preview.height)"
    }

    private func event(_ name: String, _ bytes: [UInt8], _ job: JobRecord, size: String) -> Event {
        Event(
            type: kind.rawValue + "." + name, b64_json: Base64.encode(bytes),
            created_at: job.submitted.milliseconds / 1000, size: size, quality: wanted.quality,
            output_format: wanted.request.output.format.rawValue)
    }

    private func write(_ name: String, _ data: any Encodable, to writer: inout any ResponseBodyWriter) async throws {
        var buffer = ByteBuffer(string: "event: \(name)\ndata: ")
        buffer.writeBytes(try JSON.encode(data))
        buffer.writeString("\n\n")
        try await writer.write(buffer)
    }
}
