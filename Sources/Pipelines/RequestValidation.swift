import DaguerreModels
import DaguerrePixels
import DaguerreTensors

extension DiffusionPipeline {
    /// Checks every field that can be checked before a step.
    ///
    /// - Throws: ``PipelineError/invalid(field:found:expected:)``
    func validate(_ request: DiffusionRequest) throws(PipelineError) {
        let size = PixelSize(width: request.width, height: request.height)
        try requireSize(size, "")
        try require("steps", request.steps, "a number from 1 to 1000", (1...1000).contains(request.steps))
        try require("count", request.count, "a number from 1 to 1000", (1...1000).contains(request.count))
        try require("guidance", request.guidance, "a number from 0 to 1000", (0...1000).contains(request.guidance))
        try require(
            "guidance rescale", request.guidanceRescale, "a number from 0 to 1",
            (0...1).contains(request.guidanceRescale))
        if let variation = request.variation {
            try require(
                "variation strength", variation.strength, "a number from 0 to 1", (0...1).contains(variation.strength))
        }
        if let seedSize = request.seedSize { try requireSize(seedSize, "seed ") }
        if let latents = request.initialLatents {
            let shape: Shape = [
                request.count, model.autoencoder.configuration.latentChannels, size.height / model.scale,
                size.width / model.scale,
            ]
            try require("the shape of the initial latents", latents.shape, "\(shape)", latents.shape == shape)
        }
        if let start = request.start { try validate(start, size) }
        if let hires = request.hires { try validate(hires) }
        try validateConditions(request.conditions)
        try require(
            "refiner start", request.refinerStart, "a number above 0, to 1",
            request.refinerStart > 0 && request.refinerStart <= 1)
        if request.refinerStart < 1 {
            let family = refiner.map(\.family.title) ?? "none"
            try require(
                "the refiner", family, "a model with latents like those of \(model.family.title)",
                refiner?.autoencoder.configuration.latentChannels == model.autoencoder.configuration.latentChannels
                    && refiner?.scale == model.scale && refiner?.family.isXL == model.family.isXL)
            // Both see the same channels beside the latents.
            try require(
                "the refiner", refiner?.isInpainting == true ? "an inpainting model" : "an ordinary model",
                model.isInpainting ? "an inpainting model, as the model is" : "an ordinary one, as the model is",
                refiner?.isInpainting == model.isInpainting)
        }
    }

    private func validate(_ start: ImageStart, _ size: PixelSize) throws(PipelineError) {
        func requirePicture(_ field: String, _ image: Image) throws(PipelineError) {
            try require(
                "the size of the \(field)", "\(image.width)×\(image.height)", "\(size.width)×\(size.height)",
                image.width == size.width && image.height == size.height)
        }
        try requirePicture("picture to begin with", start.image)
        if let mask = start.inpainting?.mask { try requirePicture("mask", mask) }
    }

    private func validate(_ hires: HiresPass) throws(PipelineError) {
        try requireSize(hires.size, "hires ")
        try require("hires strength", hires.strength, "a number from 0 to 1", (0...1).contains(hires.strength))
        if let steps = hires.steps {
            try require("hires steps", steps, "a number from 1 to 1000", (1...1000).contains(steps))
        }
    }

    private func validateConditions(_ conditions: PictureConditions) throws(PipelineError) {
        let sizes = [conditions.originalSize, conditions.crop, conditions.targetSize].compactMap(\.self)
        for size in sizes {
            for extent in [size.width, size.height] {
                try require("a size that the model is told", extent, "0 to 65536 pixels", (0...65536).contains(extent))
            }
        }
        for score in [conditions.aestheticScore, conditions.negativeAestheticScore] {
            try require("aesthetic score", score, "a number from 0 to 100", (0...100).contains(score))
        }
    }

    private func requireSize(_ size: PixelSize, _ prefix: String) throws(PipelineError) {
        for (field, extent) in [("width", size.width), ("height", size.height)] {
            try require(
                prefix + field, extent, "a multiple of \(model.scale) from \(model.scale) to 16384",
                extent > 0 && extent <= 16384 && extent % model.scale == 0)
        }
    }

    private func require(
        _ field: String, _ found: some CustomStringConvertible, _ expected: String, _ isValid: Bool
    ) throws(PipelineError) {
        guard isValid else { throw .invalid(field: field, found: "\(found)", expected: expected) }
    }
}
