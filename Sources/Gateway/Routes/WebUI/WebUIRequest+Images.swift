import DaguerreJobs
import DaguerrePixels

extension WebUIRequestReader {
    /// The pictures to begin with, and the mask.
    func readImages(_ fields: inout LooseFields, _ result: inout WebUIRequest) async throws {
        let images = try fields.list("init_images") ?? []
        guard !images.isEmpty else {
            throw RequestError("init_images", found: "empty", expected: "a list of pictures in base64")
        }
        guard images.count <= mostImages else {
            throw RequestError("init_images", found: "\(images.count) pictures", expected: "at most \(mostImages)")
        }
        let strength = try fields.number("denoising_strength", in: 0...1)
        let mode = try readResizeMode(&fields, &result)
        let mask = try readMask(&fields)
        let masking = fields.value("mask")
        fields.dropDefaults(["initial_noise_multiplier": [1, 1.0], "image_cfg_scale": [1.5, 0, 0.0, 1, 1.0, 7, 7.0]])
        var uploads: [StoredImage] = []
        for (index, image) in images.enumerated() {
            uploads.append(try await intake.picture(image, field: "init_images[\(index)]"))
        }
        if result.request.width == nil, result.request.height == nil, let first = uploads.first,
            let size = limits.drawableSize(of: first)
        {
            (result.request.width, result.request.height) = size
        }
        result.startImages = uploads.map { upload in
            var start = JobRequest.StartImage(upload.digest)
            start.resizeMode = mode
            if let strength { start.strength = strength }
            return start
        }
        result.request.image = result.startImages.first
        result.iterations *= result.startImages.count
        guard result.iterations * result.request.count <= mostImages else {
            throw RequestError(
                "init_images", found: "\(images.count) pictures", expected: "at most \(mostImages) images in all")
        }
        guard let masking, masking != .text("") else { return }
        guard uploads.count == 1, let picture = uploads.first else {
            throw RequestError(
                "mask", found: "one for \(uploads.count) pictures", expected: "one picture in init_images")
        }
        var prepared = JobRequest.Mask(
            try await intake.mask(masking, field: "mask", meaning: .whiteChanges, of: picture).digest)
        (prepared.blur, prepared.content) = (mask.blur, mask.content)
        (prepared.padding, prepared.isInverted) = (mask.padding, mask.isInverted)
        result.request.mask = prepared
    }

    private func readResizeMode(
        _ fields: inout LooseFields, _ result: inout WebUIRequest
    ) throws(RequestError) -> ResizeMode {
        switch try fields.integer("resize_mode", in: 0...3) ?? 0 {
        case 1: return .crop
        case 2: return .fill
        case 3:
            // Enlarges latents in place of pixels, which the engine does in a second pass only.
            result.ignored.append("resize_mode")
            return .stretch
        default: return .stretch
        }
    }

    /// What the fields beside the mask say of it.
    private func readMask(
        _ fields: inout LooseFields
    ) throws(RequestError) -> (blur: Double, content: MaskedContent, padding: Int?, isInverted: Bool) {
        let both = try fields.number("mask_blur", in: 0...64)
        let across = try fields.number("mask_blur_x", in: 0...64)
        let down = try fields.number("mask_blur_y", in: 0...64)
        let blur = both ?? ((across ?? 4) + (down ?? 4)) / 2
        let contents: [MaskedContent] = [.fill, .original, .latentNoise, .latentNothing]
        let content = contents[try fields.integer("inpainting_fill", in: 0...3) ?? 0]
        let isOnlyMasked = try fields.flag("inpaint_full_res") ?? true
        let padding = try fields.integer("inpaint_full_res_padding", in: 0...4096) ?? 0
        return (blur, content, isOnlyMasked ? padding : nil, try fields.flag("inpainting_mask_invert") ?? false)
    }
}
