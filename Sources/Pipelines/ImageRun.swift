import DaguerreModels
import DaguerrePixels
import DaguerreSampling
import DaguerreTensors

/// Begins each image of a request, and each of its passes, over what all images of the request share.
struct ImageRun {
    private let pipeline: DiffusionPipeline
    private let request: DiffusionRequest
    private let plan: GenerationPlan
    private let origin: NoiseOrigin
    /// The picture to begin with, and the same without what is to change, which an inpainting model is shown.
    private let picture, surroundings: EncodedPicture?

    init(
        _ pipeline: DiffusionPipeline, _ request: DiffusionRequest, _ plan: GenerationPlan,
        _ origin: @escaping NoiseOrigin
    ) throws {
        self.pipeline = pipeline
        self.request = request
        self.plan = plan
        self.origin = origin
        let encode = { try EncodedPicture($0, pipeline.model.autoencoder, on: plan.autoencoder) }
        picture = try request.start.map { try encode($0.image.encoderInput) }
        surroundings = pipeline.model.isInpainting ? try encode(request.surroundings) : nil
    }

    /// Image `index` of the request, which is number `number`, at the beginning of its first pass.
    func first(_ index: Int, of number: Int, on backend: some Backend) throws -> DenoisingImage {
        var noise = origin(request.seed(of: index))
        let (start, around) = try begin(index, &noise, on: backend)
        return DenoisingImage(index, of: number, plan.passes[0].stages[0], from: start, around, noise: noise)
    }

    /// The same at the beginning of its second pass, over the latents `[1, H/s, W/s, C]` that the first came to.
    func second(
        _ image: DenoisingImage, _ hires: HiresPass, decoder: inout LatentDecoder, warnings: inout [String],
        on backend: some Backend
    ) throws -> DenoisingImage {
        let pass = plan.passes[1]
        var noise = origin(request.seed(of: image.index))
        let clean = try enlarged(
            backend.download(image.x), hires, &noise, decoder: &decoder, warnings: &warnings, on: backend)
        // Given latents have the first pass's size and are its beginning.
        let fresh = initialNoise(pass.size, given: nil).latents(image.index, noise: &noise)
        return DenoisingImage(
            image.index, of: image.request, pass.stages[0], from: try noised(clean, fresh, pass, on: backend),
            try unmasked(clean.shape, on: backend), noise: noise)
    }

    private func initialNoise(_ size: PixelSize, given: HostTensor?) -> InitialNoise {
        let scale = pipeline.model.scale
        let channels = pipeline.model.autoencoder.configuration.latentChannels
        return InitialNoise(
            request: request, shape: [1, size.height / scale, size.width / scale, channels], scale: scale,
            origin: origin, given: given)
    }

    /// The latents that the first pass begins with, and what is around them.
    ///
    /// The order of the draws is diffusers': the picture's latents, the noise, the latents of what is shown.
    private func begin(
        _ index: Int, _ noise: inout any NoiseSource, on backend: some Backend
    ) throws -> (start: Tensor, around: DenoisingImage.Surroundings) {
        let pass = plan.passes[0]
        let initial = initialNoise(pass.size, given: request.initialLatents)
        func pure(_ drawn: HostTensor) throws -> Tensor {
            try backend.weightedSum([(pass.stages[0].plan.initialNoiseScale, backend.upload(drawn, as: .float32))])
        }
        guard let start = request.start, let picture else {
            let drawn = initial.latents(index, noise: &noise)
            return (try pure(drawn), try unmasked(drawn.shape, on: backend))
        }
        guard let inpainting = start.inpainting else {
            let clean = picture.sample(&noise)
            let drawn = initial.latents(index, noise: &noise)
            return (try noised(clean, drawn, pass, on: backend), try unmasked(clean.shape, on: backend))
        }
        let isShown = surroundings != nil
        let startsFromNoise = start.entry == .strength(1)
        let clean = isShown && startsFromNoise ? picture.mode : picture.sample(&noise)
        let drawn = initial.latents(index, noise: &noise)
        let mask = inpainting.latentMask(scale: pipeline.model.scale)
        let content =
            switch inpainting.content {
            case .picture: clean
            case .noise: clean.blended(with: drawn, by: mask)
            case .nothing:
                clean.blended(with: HostTensor(clean.floats.map { _ in 0 }, shape: clean.shape), by: mask)
            }
        var around = DenoisingImage.Surroundings()
        if let surroundings {
            around.shown = try shown(mask, surroundings.sample(&noise), on: backend)
        } else {
            around.kept = KeptLatents(
                mask: mask, clean: try backend.upload(clean, as: .float32),
                noise: try backend.upload(drawn, as: .float32))
        }
        return (startsFromNoise ? try pure(drawn) : try noised(content, drawn, pass, on: backend), around)
    }

    /// An inpainting model that may change everything is shown grey.
    private func unmasked(_ shape: Shape, on backend: some Backend) throws -> DenoisingImage.Surroundings {
        guard let surroundings else { return DenoisingImage.Surroundings() }
        let grey = surroundings.mode.resized(height: shape[1], width: shape[2], LatentFilter(.nearest))
        let mask = [Float](repeating: 1, count: shape[1] * shape[2])
        return DenoisingImage.Surroundings(shown: try shown(mask, grey, on: backend))
    }

    private func shown(_ mask: [Float], _ latents: HostTensor, on backend: some Backend) throws -> Tensor {
        try backend.concatenateChannels([
            backend.upload(HostTensor(mask, shape: latents.shape.withChannels(1)), as: .float32),
            backend.upload(latents, as: .float32),
        ])
    }

    private func noised(
        _ clean: HostTensor, _ noise: HostTensor, _ pass: GenerationPlan.Pass, on backend: some Backend
    ) throws -> Tensor {
        try pass.stages[0].plan.noised(
            backend.upload(clean, as: .float32), with: backend.upload(noise, as: .float32), on: backend)
    }

    /// The first pass's latents at the size of the second.
    private func enlarged(
        _ latents: HostTensor, _ hires: HiresPass, _ noise: inout any NoiseSource, decoder: inout LatentDecoder,
        warnings: inout [String], on backend: some Backend
    ) throws -> HostTensor {
        switch hires.enlargement {
        case .latents(let filter):
            let scale = pipeline.model.scale
            return latents.resized(height: hires.size.height / scale, width: hires.size.width / scale, filter)
        case .pixels(let filter):
            let small = try decoder.picture(of: latents, warnings: &warnings, on: plan.autoencoder)
            let large = small.resized(width: hires.size.width, height: hires.size.height, filter: filter)
            return try EncodedPicture(large.encoderInput, pipeline.model.autoencoder, on: plan.autoencoder).sample(
                &noise)
        }
    }
}

extension DiffusionRequest {
    /// What an inpainting model is shown: the picture `[1, H, W, 3]`, grey where it is to change.
    fileprivate var surroundings: HostTensor {
        guard let start, let mask = start.inpainting?.mask else {
            return HostTensor([Float](repeating: 0, count: width * height * 3), shape: [1, height, width, 3])
        }
        let pixels = start.image.encoderInput
        let covers = mask.converted(to: .grey).pixels.map { $0 >= 128 }
        return HostTensor(
            pixels.floats.enumerated().map { covers[$0 / 3] ? 0 : $1 }, shape: pixels.shape)
    }
}

extension ImageStart.Inpainting {
    /// For each latent, 1 where it is to change, else 0: what the mask says of the first of its pixels.
    ///
    /// Source: diffusers `StableDiffusionInpaintPipeline.prepare_mask_latents`: `interpolate`, nearest.
    func latentMask(scale: Int) -> [Float] {
        let grey = mask.converted(to: .grey)
        return (0..<grey.height / scale).flatMap { row in
            (0..<grey.width / scale).map { column in
                grey.pixels[row * scale * grey.width + column * scale] >= 128 ? 1 : 0
            }
        }
    }
}
