import DaguerreJobs
import DaguerreRegistry

/// What a request to `/v1/images/generations` or `/v1/images/edits` asks for.
struct OpenAIImageRequest: Sendable {
    /// How images come back.
    enum Form: String, Sendable, CaseIterable {
        /// An address, good for as long as results are kept.
        case url
        /// The file itself.
        case base64 = "b64_json"
    }

    /// What to draw.
    var request: JobRequest
    /// How images come back.
    var form = Form.url
    /// Whether events tell of the images as they come.
    var isStreamed = false
    /// Previews that the events are to tell of, from 0 to 3.
    var partialImages = 0
    /// What the client said of the quality: `auto`, `low`, …; told back.
    var quality = "auto"
    /// The size as the client wrote it; told back.
    var size = "auto"
    /// Fields that are ignored, in order.
    var ignored: [String] = []
}

/// Reads requests of OpenAI's interface, and the extensions of it that other servers have: `negative_prompt`,
/// `num_inference_steps`, `guidance_scale`, `seed`, and the native names `sampler`, `schedule`, `strength`, `clip_skip`.
struct OpenAIRequestReader: Sendable {
    let registry: any ModelRegistry
    let vocabulary: EngineVocabulary
    /// Names of models that clients have built in, and the registry's names that stand in for them.
    let aliases: [String: String]
    /// How many images a request may ask for.
    let mostImages: Int

    /// The most characters of a prompt, as OpenAI's interface documents it.
    static let longestPrompt = 32_000

    /// What `fields` ask for, but for pictures.
    ///
    /// - Throws: ``DaguerreJobs/RequestError`` naming the field; ``UnknownModel``.
    func read(_ fields: inout LooseFields) async throws -> OpenAIImageRequest {
        guard let prompt = try fields.text("prompt"), !prompt.isEmpty else {
            throw RequestError("prompt", found: nil, expected: "a description of the image")
        }
        guard prompt.count <= Self.longestPrompt else {
            throw RequestError(
                "prompt", found: "\(prompt.count) characters", expected: "at most \(Self.longestPrompt)")
        }
        var result = OpenAIImageRequest(request: JobRequest(prompt))
        let model = try fields.text("model")
        result.request.model = try await self.model(model)
        // Clients of these models know no other form, and do not ask for one.
        if let model, model.hasPrefix("gpt-image") || model.hasPrefix("chatgpt-image") { result.form = .base64 }
        result.request.count = try fields.integer("n", in: 1...mostImages) ?? 1
        if let size = try fields.text("size"), size != "auto" {
            (result.request.width, result.request.height) = try Self.size(size)
            result.size = size
        }
        try readOutput(&fields, &result)
        try readExtensions(&fields, &result.request)
        // Of these, moderation is the server's own affair and a request cannot weaken it; the others say who asks, or ask
        // for what Stable Diffusion has no notion of, and are accepted so that clients need not know.
        fields.drop("moderation", "user", "safety_identifier", "style", "input_fidelity", "complexity")
        result.ignored = fields.ignored
        return result
    }

    private func model(_ name: String?) async throws -> String? {
        guard let name, !name.isEmpty else { return nil }
        let entry: RegistryEntry?
        if let alias = aliases[name] {
            entry = await registry.entry(alias, .checkpoint)
        } else {
            entry = await registry.entry(name, .checkpoint)
        }
        guard let entry else { throw UnknownModel(name: name) }
        return entry.name
    }

    /// `WIDTHxHEIGHT`, both multiples of 8.
    private static func size(_ text: String) throws(RequestError) -> (width: Int, height: Int) {
        let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard sides.count == 2, let width = sides[0], let height = sides[1], (8...16384).contains(width),
            (8...16384).contains(height), width % 8 == 0, height % 8 == 0
        else {
            throw RequestError(
                "size", found: JSONValue.text(text).outline,
                expected: "auto, or a size such as 1024x1024 of multiples of 8")
        }
        return (width, height)
    }

    private func readOutput(_ fields: inout LooseFields, _ result: inout OpenAIImageRequest) throws(RequestError) {
        if let form = try fields.text("response_format") {
            result.form = .init(rawValue: try fields.one(of: ["url", "b64_json"], "response_format", form)) ?? .url
        }
        if let format = try fields.text("output_format") {
            let name = try fields.one(of: ["png", "jpeg", "webp"], "output_format", format)
            result.request.output.format = .init(rawValue: name) ?? .png
        }
        // 0 is the smallest file that the encoders write.
        if let compression = try fields.integer("output_compression", in: 0...100) {
            result.request.output.quality = max(compression, 1)
        }
        if let background = try fields.text("background") {
            guard ["auto", "opaque"].contains(background) else {
                throw fields.wrong(
                    "background", .text(background), "auto or opaque: Stable Diffusion draws no transparency")
            }
        }
        if let quality = try fields.text("quality") {
            let known = ["auto", "low", "medium", "high", "xhigh", "max", "standard", "hd"]
            result.quality = try fields.one(of: known, "quality", quality)
        }
        result.isStreamed = try fields.flag("stream") ?? false
        result.partialImages = try fields.integer("partial_images", in: 0...3) ?? 0
        guard result.partialImages == 0 || result.isStreamed else {
            throw fields.wrong("partial_images", .integer(Int64(result.partialImages)), "0 unless stream is true")
        }
        result.request.previews = result.partialImages > 0
    }

    private func readExtensions(_ fields: inout LooseFields, _ request: inout JobRequest) throws(RequestError) {
        request.negativePrompt = try fields.text("negative_prompt") ?? ""
        if let steps = fields.value("num_inference_steps", "steps") {
            fields.restore("num_inference_steps", steps)
            request.steps = try fields.integer("num_inference_steps", in: 1...1000)
        }
        request.guidanceScale = try fields.number("guidance_scale", in: 0...1000)
        request.seed = try fields.seed("seed")
        request.clipSkip = try fields.integer("clip_skip", in: 1...12)
        if let sampler = try fields.text("sampler"), !isNone(sampler) {
            do {
                let read = try vocabulary.sampler(sampler)
                (request.sampler, request.schedule) = (read.sampler, read.schedule)
            } catch { throw RequestError("sampler", found: error.found, expected: error.expected) }
        }
        if let schedule = try fields.text("schedule"), !isNone(schedule) {
            do { request.schedule = try vocabulary.schedule(schedule) } catch {
                throw RequestError("schedule", found: error.found, expected: error.expected)
            }
        }
    }
}
