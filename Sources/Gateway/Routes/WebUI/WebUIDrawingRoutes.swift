import DaguerreJobs
import Hummingbird

/// `/sdapi/v1/txt2img` and `/sdapi/v1/img2img`: draw, and answer with the images.
struct WebUIDrawingRoutes: Sendable {
    let core: CompatibleCore
    let sessions: WebUISessions

    private struct Answer: Encodable {
        let images: [String]
        let parameters: [String: JSONValue]
        /// A JSON object as text.
        let info: String
    }

    func add(to group: RouterGroup<GatewayContext>) {
        group.post("sdapi/v1/txt2img") { try await draw($0, $1, .textToImage) }
        group.post("sdapi/v1/img2img") { try await draw($0, $1, .imageToImage) }
    }

    private func draw(
        _ request: Request, _ context: GatewayContext, _ kind: WebUIRequestReader.Kind
    ) async throws -> Response {
        let caller = try context.caller
        let intake = core.intake(for: caller)
        let reader = WebUIRequestReader(
            catalog: WebUICatalog(registry: core.service.registry), vocabulary: core.service.vocabulary,
            intake: intake, options: sessions.options(of: caller.owner), limits: core.service.limits)
        let wanted = try await core.taking(request, by: caller) { pace in
            try await reader.read(try await core.picturesObject(of: request, pace), as: kind)
        }
        let started = Timestamp.now()
        let drawing = WebUIDrawing(service: core.service, sessions: sessions, intake: intake, caller: caller)
        let drawn = try await drawing.draw(wanted, started: started)
        var files: [[UInt8]] = []
        if wanted.sendsImages {
            files = try await core.files(drawn.images + drawn.maps)
            if let unfinished = drawn.unfinished { files.insert(unfinished, at: drawn.images.count) }
        }
        let info = WebUIInfo(request: wanted, images: drawn.images, safety: drawn.safety, started: started)
            .json
        return try JSON.response(
            Answer(
                images: files.map { Base64.encode($0) }, parameters: wanted.parameters,
                info: String(decoding: JSON.encode(info), as: UTF8.self)),
            headers: IgnoredFields.headers(wanted.ignored))
    }
}
