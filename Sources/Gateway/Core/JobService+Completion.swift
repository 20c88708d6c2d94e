import DaguerreJobs
import DaguerreRegistry

extension JobService {
    /// `request` with the model and the seed chosen, every name as the registry writes it.
    ///
    /// - Throws: ``RequestError`` naming the field that asks for too much or for what is not there.
    func completed(_ request: JobRequest, for caller: Caller) async throws -> JobRequest {
        var request = try request.validated(against: limits, vocabulary: vocabulary)
        if let model = request.model {
            request.model = try await name(of: model, .checkpoint, "model")
        } else {
            request.model = await registry.defaultModel
        }
        // As many as AUTOMATIC1111 draws from, so that every client can show and send it.
        if request.seed == nil { request.seed = UInt64(UInt32.random(in: 0 ... .max)) }
        if let vae = request.vae { request.vae = try await name(of: vae, .vae, "vae") }
        if let refiner = request.refiner?.model {
            request.refiner?.model = try await name(of: refiner, .checkpoint, "refiner.model")
        }
        for index in request.loras.indices {
            request.loras[index].name = try await name(of: request.loras[index].name, .lora, "loras[\(index)].name")
        }
        for (field, prompt) in [("prompt", request.prompt), ("negative_prompt", request.negativePrompt)] {
            for network in try vocabulary.networks(prompt) { _ = try await name(of: network, .lora, field) }
        }
        for index in request.controls.indices {
            request.controls[index].model = try await name(
                of: request.controls[index].model, .control, "controls[\(index)].model")
        }
        for index in request.imagePrompts.indices {
            let field = "image_prompts[\(index)]"
            let prompt = request.imagePrompts[index]
            request.imagePrompts[index].model = try await name(of: prompt.model, .imagePrompt, field + ".model")
            request.imagePrompts[index].encoder = try await name(of: prompt.encoder, .vision, field + ".encoder")
        }
        for (field, upload) in request.uploads {
            guard let image = try await queue.image(upload, owner: caller.owner), !withholds(image.isUnjudged) else {
                throw RequestError(
                    field, found: upload.description, expected: "an image or upload of yours; upload it again")
            }
        }
        return request
    }

    private func name(of name: String, _ kind: ModelKind, _ field: String) async throws(RequestError) -> String {
        if let entry = await registry.entry(name, kind) { return entry.name }
        throw RequestError(field, found: "\"\(name.prefix(96))\"", expected: "one of the server's \(kind.plural)")
    }
}

extension JobRequest {
    /// Every upload that it names, with the field that does.
    var uploads: [(field: String, upload: BlobDigest)] {
        var uploads: [(field: String, upload: BlobDigest)] = []
        if let image { uploads.append(("image.upload", image.upload)) }
        if let mask { uploads.append(("mask.upload", mask.upload)) }
        for (index, control) in controls.enumerated() {
            if let image = control.image { uploads.append(("controls[\(index)].image", image)) }
            if let mask = control.mask { uploads.append(("controls[\(index)].mask", mask)) }
        }
        for (index, prompt) in imagePrompts.enumerated() {
            for (place, image) in prompt.images.enumerated() {
                uploads.append(("image_prompts[\(index)].images[\(place)]", image))
            }
        }
        return uploads
    }
}

extension ModelKind {
    /// What people call several of them.
    var plural: String {
        switch self {
        case .checkpoint: "models"
        case .lora: "LoRAs"
        case .embedding: "embeddings"
        case .control: "ControlNets and T2I-Adapters"
        case .imagePrompt: "IP-Adapters"
        case .vision: "image encoders"
        case .vae: "autoencoders"
        case .safetyChecker: "safety checkers"
        case .previewDecoder: "decoders of previews"
        }
    }
}
