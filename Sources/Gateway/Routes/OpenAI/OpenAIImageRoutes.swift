import DaguerreJobs
import Hummingbird
import NIOCore

/// `/v1/images/generations` and `/v1/images/edits` as OpenAI has them, the images at once or as events.
struct OpenAIImageRoutes: Sendable {
    let core: CompatibleCore

    /// Which of the two.
    enum Kind: String { case generation = "image_generation", edit = "image_edit" }

    func add(to group: RouterGroup<GatewayContext>) {
        group.post("v1/images/generations") { request, context in
            var fields = LooseFields(try await core.object(of: request))
            let wanted = try await reader.read(&fields)
            return try await answer(wanted, .generation, request, try context.caller)
        }
        group.post("v1/images/edits") { request, context in
            let caller = try context.caller
            let wanted = try await core.taking(request, by: caller) { pace in
                let form = try await core.form(of: request, pace)
                var fields = LooseFields(OpenAIEdit.fields(of: form))
                let strength = try fields.number("strength", in: 0...1)
                var wanted = try await reader.read(&fields)
                try await OpenAIEdit(form, strength: strength).apply(to: &wanted, core, core.intake(for: caller))
                return wanted
            }
            return try await answer(wanted, .edit, request, caller)
        }
    }

    private var reader: OpenAIRequestReader {
        OpenAIRequestReader(
            registry: core.service.registry, vocabulary: core.service.vocabulary, aliases: core.modelAliases,
            mostImages: core.service.limits.count)
    }

    private func answer(
        _ wanted: OpenAIImageRequest, _ kind: Kind, _ request: Request, _ caller: Caller
    ) async throws -> Response {
        guard !wanted.isStreamed else {
            return try await OpenAIStream(core: core, wanted: wanted, kind: kind, caller: caller).response()
        }
        let job = try await core.service.submit(wanted.request, by: caller).job
        let ended = try await core.service.wait(for: job.id, by: caller)
        guard case .succeeded(let images, _, _)? = ended.outcome else { throw JobEnding(record: ended) }
        let results = images.filter { $0.role == .result }
        var data: [OpenAIImages.Image] = []
        for image in results {
            switch wanted.form {
            case .url: data.append(.init(url: core.address(of: image, request)))
            case .base64:
                let bytes = try await core.service.bytes(of: image)
                data.append(.init(b64_json: Base64.encode(bytes)))
            }
        }
        return try JSON.response(
            OpenAIImages(
                wanted, data, first: results.first, safety: ended.outcome?.safety ?? [], created: ended.submitted),
            headers: IgnoredFields.headers(wanted.ignored))
    }
}

/// The images as OpenAI's interface answers with them.
struct OpenAIImages: Encodable {
    struct Image: Encodable {
        var url: String?
        var b64_json: String?
    }

    let created: Int64
    let data: [Image]
    let background = "opaque"
    let output_format: String
    /// What was asked for, where a program may know it: `standard`, `hd` and `auto` are left out.
    let quality: String?
    let size: String?
    let usage = OpenAIUsage()
    /// An extension: what the safety policy did with each picture that was drawn, those withheld among them.
    let safety: [SafetyRecord]?

    init(
        _ wanted: OpenAIImageRequest, _ data: [Image], first: JobImage?, safety: [SafetyRecord], created: Timestamp
    ) {
        self.created = created.milliseconds / 1000
        self.data = data
        self.safety = safety.isEmpty ? nil : safety
        output_format = wanted.request.output.format.rawValue
        quality = ["low", "medium", "high", "xhigh", "max"].contains(wanted.quality) ? wanted.quality : nil
        size = first.map { "\($0.width)x\($0.height)" }
    }
}

/// What a request cost in tokens, of which this server counts none: clients expect the object.
struct OpenAIUsage: Encodable {
    struct Details: Encodable {
        let image_tokens = 0
        let text_tokens = 0
    }

    let input_tokens = 0
    let output_tokens = 0
    let total_tokens = 0
    let input_tokens_details = Details()
}
