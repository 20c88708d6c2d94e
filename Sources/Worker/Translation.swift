import Daguerre
import DaguerreCheckpoints
import DaguerreJobs
import DaguerreModels
import DaguerrePipelines
import DaguerrePixels
import DaguerreRegistry

/// Makes of what a client asked for what the engine is asked for: names become files of the registry, digests become
/// pictures, and what a request does not say stays the model's choice.
struct Translation: Sendable {
    let registry: any ModelRegistry
    let uploads: Uploads

    /// What the engine is to draw, and what its files call the adapters.
    struct Result: Sendable {
        var generation: GenerationRequest
        /// What the request calls each adapter, in the engine's order; the last `unnamedCount` have no tag in the prompt.
        var adapterNames: [String] = []
        var unnamedCount = 0
        /// Adapters and controls that the request needs of its model.
        var extraCount = 0
    }

    /// - Throws: ``RequestError``, ``JobFailure`` naming a field or a name; what loading an adapter or a control throws.
    func callAsFunction(_ request: JobRequest, on resident: ResidentModel) async throws -> Result {
        var result = Result(generation: try GenerationRequest(plain: request))
        result.generation.edit = try await edit(request)
        result.generation.promptOptions.embeddings = try await embeddings(request)
        for choice in try await AdapterChoice.all(of: request, in: registry) {
            let (adapter, bundled) = try await resident.adapter(choice.entry)
            result.generation.adapters.append(AdapterUse(adapter, weights: choice.weights))
            for (name, embedding) in bundled { result.generation.promptOptions.embeddings.add(embedding, as: name) }
            result.adapterNames.append(choice.name)
            if !choice.isInPrompt { result.unnamedCount += 1 }
        }
        for (index, control) in request.controls.enumerated() {
            result.generation.controls.append(
                try await self.control(control, "controls[\(index)]", request, result.generation.edit, on: resident))
        }
        for (index, prompt) in request.imagePrompts.enumerated() {
            result.generation.imagePrompts.append(
                try await imagePrompt(prompt, "image_prompts[\(index)]", on: resident))
        }
        result.extraCount =
            result.adapterNames.count + result.generation.controls.count + result.generation.imagePrompts.count
        await resident.trim(latest: result.extraCount)
        return result
    }

    private func edit(_ request: JobRequest) async throws -> PictureEdit? {
        guard let start = request.image else {
            guard request.mask == nil else {
                throw RequestError(
                    "mask", found: "given without image", expected: "a part of the picture to begin with")
            }
            return nil
        }
        var edit = PictureEdit(try await uploads.image(start.upload, "image.upload").converted(to: .rgb))
        edit.strength = start.strength
        edit.resizeMode = start.resizeMode
        if let mask = request.mask {
            let covered = try await uploads.image(mask.upload, "mask.upload").converted(to: .grey)
            var part = PictureEdit.Mask(mask.isInverted ? covered.inverted : covered)
            part.blur = mask.blur
            part.content = mask.content
            part.padding = mask.padding
            edit.mask = part
        }
        return edit
    }

    /// The textual inversions whose names the prompts may hold: files that no word asks for are not opened.
    private func embeddings(_ request: JobRequest) async throws -> EmbeddingLibrary {
        let text = (request.prompt + "\n" + request.negativePrompt).lowercased()
        let named = await registry.entries(.embedding).filter { text.contains($0.name.lowercased()) }
        return try await uploads.thread.run { _ in
            var library = EmbeddingLibrary()
            for entry in named {
                if let path = entry.path { try library.add(file: path, as: entry.name) }
            }
            return library
        }
    }

    private func control(
        _ control: JobRequest.Control, _ field: String, _ request: JobRequest, _ edit: PictureEdit?,
        on resident: ResidentModel
    ) async throws -> ControlRequest {
        let model = try await resident.control(try await registry.require(control.model, .control))
        let image: Image
        if let upload = control.image {
            image = try await uploads.image(upload, field + ".image")
        } else if let edit {
            image = edit.image
        } else {
            throw RequestError(field + ".image", found: "nothing", expected: "an upload, or a picture to begin with")
        }
        var made = ControlRequest(model, image: image)
        if let mask = control.mask {
            made.mask = try await uploads.image(mask, field + ".mask").converted(to: .grey)
        } else if control.image == nil, control.preprocessor == .inpaintOnly {
            made.mask = edit?.mask?.image
        }
        made.preprocessor = control.preprocessor
        made.settings = PreprocessorSettings(
            resolution: control.resolution, thresholdA: control.thresholdA, thresholdB: control.thresholdB)
        made.resizeMode = control.resizeMode
        made.weight = control.weight
        made.start = control.start
        made.end = control.end
        guard let mode = ControlMode(shortName: control.mode) else {
            throw RequestError(
                field + ".mode", found: control.mode, expected: "one of balanced, prompt, control, guess")
        }
        made.mode = mode
        return made
    }

    private func imagePrompt(
        _ prompt: JobRequest.ImagePrompt, _ field: String, on resident: ResidentModel
    ) async throws -> ImagePromptRequest {
        let model = try await resident.imagePrompt(
            try await registry.require(prompt.model, .imagePrompt),
            encoder: try await registry.require(prompt.encoder, .vision))
        var images: [Image] = []
        for (index, upload) in prompt.images.enumerated() {
            images.append(try await uploads.image(upload, "\(field).images[\(index)]"))
        }
        var made = ImagePromptRequest(model, images: images)
        made.scale = .uniform(prompt.scale)
        return made
    }
}

extension ControlMode {
    /// The mode that requests call so.
    fileprivate init?(shortName: String) {
        switch shortName {
        case "balanced": self = .balanced
        case "prompt": self = .promptIsMoreImportant
        case "control": self = .controlIsMoreImportant
        case "guess": self = .guess
        default: return nil
        }
    }
}
