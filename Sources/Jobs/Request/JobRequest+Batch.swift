import FoundationEssentials

extension JobRequest {
    /// Digests of every upload that it refers to, each once.
    public var uploads: Set<BlobDigest> {
        var digests = Set([image?.upload, mask?.upload].compactMap(\.self))
        digests.formUnion(controls.flatMap { [$0.image, $0.mask].compactMap(\.self) })
        digests.formUnion(imagePrompts.flatMap(\.images))
        return digests
    }

    /// What must agree for requests to be computed together; nil for a request that is computed alone.
    ///
    /// Prompts, seeds, how they are read, pictures to begin with, how many images and files may differ. LoRAs that a prompt
    /// names change the model, so the tags of the prompt are part of it. The engine's own `DiffusionRequest.batchKey` agrees for
    /// requests for which this does. It is text of no set form, for comparison only.
    public var batchKey: String? {
        guard controls.isEmpty, imagePrompts.isEmpty, hires == nil, refiner == nil else { return nil }
        // A size that the picture decides is not known here.
        guard image == nil || (width != nil && height != nil) else { return nil }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // What JSON cannot hold, such as an infinite number, is in no request that was validated; it stands alone.
        return (try? encoder.encode(BatchTerms(self))).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// What a model is asked in one go for all images of a batch.
private struct BatchTerms: Encodable {
    let model, vae, sampler, schedule, tiling: String?
    let steps, width, height: Int?
    let noise: JobRequest.Noise?
    /// How much of a picture to begin with may change.
    let strength: Double?
    /// Without guidance half as much is computed.
    let isGuided: Bool?
    let networks: String
    let loras: [JobRequest.LoRA]
    /// How many images there are decides how LoRAs are applied.
    let count: Int?

    init(_ request: JobRequest) {
        model = request.model
        vae = request.vae
        sampler = request.sampler
        schedule = request.schedule
        tiling = request.tiling
        steps = request.steps
        width = request.width
        height = request.height
        noise = request.noise
        strength = request.image?.strength
        isGuided = request.guidanceScale.map { $0 > 1 }
        networks = networkTags(of: request.prompt)
        loras = request.loras
        count = networks.isEmpty && loras.isEmpty ? nil : request.count
    }
}

/// The `<…>` of a prompt that may name networks, in their order: `<lora:name:weight>`.
private func networkTags(of prompt: String) -> String {
    var tags = "", rest = prompt[...]
    while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
        tags += rest[start...end]
        rest = rest[rest.index(after: end)...]
    }
    return tags
}
