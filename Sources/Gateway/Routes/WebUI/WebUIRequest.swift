import DaguerreJobs
import DaguerreRegistry

/// What a request to `/txt2img` or `/img2img` asks for.
struct WebUIRequest: Sendable {
    /// What to draw at first: the images of one batch.
    var request: JobRequest
    /// Uploads to begin with, one batch each, where there are several.
    var startImages: [JobRequest.StartImage] = []
    /// Batches to draw.
    var iterations = 1
    /// Whether the answer is to hold the images.
    var sendsImages = true
    /// The client's own name of the request, by which it asks for progress.
    var taskIdentifier: String?
    /// Fields that are ignored, in order.
    var ignored: [String] = []
    /// The fields as they came, without pictures; the answer repeats them.
    var parameters: [String: JSONValue] = [:]

    /// The request of batch `index`, whose first image has the seed after the last of the batch before.
    ///
    /// - Precondition: the seed is chosen.
    func batch(_ index: Int) -> JobRequest {
        var batch = request
        let offset = UInt64(index) &* UInt64(request.count)
        if batch.variation != nil {
            batch.variation?.seed &+= offset
        } else {
            batch.seed = request.seed.map { $0 &+ offset }
        }
        if !startImages.isEmpty { batch.image = startImages[index % startImages.count] }
        return batch
    }
}

/// Reads requests to `/txt2img` and `/img2img` of AUTOMATIC1111's interface.
///
/// What a field leaves open is the model's choice, not the web UI's of 50 steps at 512×512, which suit Stable Diffusion 1
/// only. Names of models, samplers and upscalers are those of the lists.
struct WebUIRequestReader: Sendable {
    let catalog: WebUICatalog
    let vocabulary: EngineVocabulary
    let intake: PictureIntake
    /// The caller's settings.
    let options: WebUIOptions
    /// What requests may ask for.
    let limits: RequestLimits

    /// How many images a request may ask for.
    var mostImages: Int { limits.count }

    /// Which of the two.
    enum Kind { case textToImage, imageToImage }

    /// What `body` asks for, its pictures uploaded.
    ///
    /// - Throws: ``DaguerreJobs/RequestError`` naming the field.
    func read(_ body: [String: JSONValue], as kind: Kind) async throws -> WebUIRequest {
        var fields = LooseFields(body)
        try fields.fill(fromInfotext: fields.text("infotext"))
        var result = WebUIRequest(request: JobRequest(try fields.text("prompt") ?? ""))
        result.parameters = Self.withoutPictures(body)
        var settings = LooseFields(try fields.object("override_settings") ?? [:], prefix: "override_settings.")
        var options = options
        try await options.merge(&settings, catalog)
        options.apply(to: &result.request)
        try readSampling(&fields, &result)
        try readSeeds(&fields, &result.request)
        try await readRefiner(&fields, &result.request)
        switch kind {
        case .textToImage:
            try readHires(&fields, &result.request)
            fields.drop("denoising_strength")
        case .imageToImage:
            try await readImages(&fields, &result)
        }
        try await readScripts(&fields, &result)
        fields.drop(
            // Says what becomes of settings that all share, which no request changes here.
            "override_settings_restore_afterwards",
            // Results are kept as long as the server keeps any, whatever a request says, and no grid is made.
            "save_images", "do_not_save_samples", "do_not_save_grid",
            // Of the web UI's first versions.
            "firstphase_width", "firstphase_height", "comments", "include_init_images")
        fields.dropDefaults([
            "restore_faces": [false], "styles": [[]], "s_min_uncond": [0, 0.0], "script_args": [[]],
            "disable_extra_networks": [false],
        ])
        result.request.previews = true
        result.ignored += settings.ignored + fields.ignored
        return result
    }

    private func readSampling(_ fields: inout LooseFields, _ result: inout WebUIRequest) throws(RequestError) {
        let request = result.request
        result.request.negativePrompt = try fields.text("negative_prompt") ?? request.negativePrompt
        result.request.steps = try fields.integer("steps", in: 1...1000)
        result.request.guidanceScale = try fields.number("cfg_scale", in: 0...1000)
        // Whole latents, as the web UI cuts sizes down to.
        result.request.width = try fields.integer("width", in: 8...16384).map { $0 / 8 * 8 }
        result.request.height = try fields.integer("height", in: 8...16384).map { $0 / 8 * 8 }
        let legacy = try fields.text("sampler_index")
        let sampler = try fields.text("sampler_name") ?? legacy
        if let sampler, !isNone(sampler) {
            let read = try named("sampler_name") { () throws(RequestError) in try vocabulary.sampler(sampler) }
            (result.request.sampler, result.request.schedule) = (read.sampler, read.schedule)
        }
        // A schedule behind the sampler's name goes before one by itself, as in the web UI.
        if let schedule = try fields.text("scheduler"), !isNone(schedule), result.request.schedule == nil {
            result.request.schedule = try named("scheduler") { () throws(RequestError) in
                try vocabulary.schedule(schedule)
            }
        }
        let batch = try fields.integer("batch_size", in: 1...mostImages) ?? 1
        let iterations = try fields.integer("n_iter", in: 1...mostImages) ?? 1
        guard batch * iterations <= mostImages else {
            throw RequestError(
                "n_iter", found: "\(iterations) batches of \(batch)", expected: "at most \(mostImages) images in all")
        }
        result.request.count = batch
        result.iterations = iterations
        if try fields.flag("tiling") == true { result.request.tiling = "both" }
        result.sendsImages = try fields.flag("send_images") ?? true
        result.taskIdentifier = try fields.text("force_task_id")
        var noise = JobRequest.Noise()
        noise.eta = try fields.number("eta", in: 0...100)
        noise.churn = try fields.number("s_churn", in: 0...100).flatMap { $0 == 0 ? nil : $0 }
        noise.minimumSigma = try fields.number("s_tmin", in: 0...1e9).flatMap { $0 == 0 ? nil : $0 }
        // 0 stands for no bound.
        noise.maximumSigma = try fields.number("s_tmax", in: 0...1e9).flatMap { $0 == 0 ? nil : $0 }
        noise.scale = try fields.number("s_noise", in: 0...100).flatMap { $0 == 1 ? nil : $0 }
        if noise != JobRequest.Noise() { result.request.noise = noise }
    }

    private func readSeeds(_ fields: inout LooseFields, _ request: inout JobRequest) throws(RequestError) {
        request.seed = try fields.seed("seed") ?? .random(in: 0...UInt64(UInt32.max))
        let second = try fields.seed("subseed")
        if let strength = try fields.number("subseed_strength", in: -1...1), strength > 0 {
            request.variation = .init(seed: second ?? .random(in: 0...UInt64(UInt32.max)), strength: strength)
        }
        let width = try fields.integer("seed_resize_from_w", in: -1...16384) ?? 0
        let height = try fields.integer("seed_resize_from_h", in: -1...16384) ?? 0
        if width > 0, height > 0 { request.seedSize = .init(width: width / 8 * 8, height: height / 8 * 8) }
    }

    private func readRefiner(_ fields: inout LooseFields, _ request: inout JobRequest) async throws(RequestError) {
        let name = try fields.text("refiner_checkpoint")
        let start = try fields.number("refiner_switch_at", in: 0...1)
        guard let name, !isNone(name) else { return }
        request.refiner = .init(model: try await catalog.entry(name, .checkpoint, field: "refiner_checkpoint").name)
        if let start { request.refiner?.start = start }
    }

    /// What `body` reads, its error called by the field of this interface.
    func named<Value>(
        _ field: String, _ body: () throws(RequestError) -> Value
    ) throws(RequestError) -> Value {
        do {
            return try body()
        } catch {
            throw RequestError(field, found: error.found, expected: error.expected)
        }
    }

    /// Bytes of texts that an answer repeats: they are kept for as long as the job waits.
    private static let mostRepeatedBytes = 4 << 20

    /// `body` as an answer repeats it: without the pictures, which the client has, unless it wants them, and without what is
    /// too large.
    private static func withoutPictures(_ body: [String: JSONValue]) -> [String: JSONValue] {
        var (body, left) = (body, mostRepeatedBytes)
        for (name, value) in body {
            let count = value.textBytes
            if count <= left { left -= count } else { body[name] = .null }
        }
        guard body["include_init_images"] != .flag(true) else { return body }
        for name in ["init_images", "mask", "alwayson_scripts"] where body[name] != nil { body[name] = .null }
        return body
    }
}

extension LooseFields {
    /// Takes fields that hold what they hold by default, and leaves others to be warned about.
    mutating func dropDefaults(_ defaults: [String: [JSONValue]]) {
        for (name, usual) in defaults {
            guard let value = value(name), !usual.contains(value) else { continue }
            restore(name, value)
        }
    }
}
