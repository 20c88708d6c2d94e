import DaguerreModels
import DaguerreSampling
import DaguerreTensors

/// The one loop under every pipeline: denoiser and sampler in turn, from noise to latents, for all images of a batch.
///
/// Only the denoiser sees the images at once. Each has a sampler, noise and prompts of its own, so what it comes to does not
/// depend on who else is there, and it can leave between any two steps.
enum DenoisingLoop {
    /// What the denoiser says of an image with guidance, and what it says without the prompt; float32.
    struct Prediction {
        let output: Tensor
        var unconditional: Tensor?
    }

    /// An evaluation of the denoiser that is done.
    struct Evaluated {
        /// How long it took, for all of `imageCount` images.
        let duration: Duration
        let imageCount: Int
        /// Computes the clean latents `[1, H, W, C]` that are expected of the request's first image.
        let expected: () throws -> Tensor
    }

    /// Hears of an evaluation of the images of a request that go on; what it throws ends that request.
    typealias Report = (_ request: Int, _ images: Range<Int>, Evaluated) throws -> Void

    /// Denoises the images of `batch` by their present stages, whose timesteps and shapes of prompts agree.
    ///
    /// `left` hears of requests that end before the others, as soon as they do: of what `report` throws, of
    /// ``PipelineError/notFinite(step:layer:)`` at the first step whose latents are not finite, of `BackendError`.
    static func run(
        _ batch: inout ImageBatch, on backend: some Backend, report: Report,
        left: (_ request: Int, any Error) -> Void
    ) {
        batch.each { _, image in try image.prepare(on: backend) }
        let clock = ContinuousClock()
        let known = batch.images.first?.run.evaluations.count ?? 0
        var company: Company?
        var index = 0
        // An adaptive run learns of its evaluations as it goes on.
        while let first = batch.images.first, index < first.run.evaluations.count {
            let begin = clock.now
            let count = batch.images.count
            let place = Place(evaluation: first.run.evaluations[index], row: index < known ? index : nil)
            let said = predictions(batch.images, place, &company, on: backend)
            var expected: [Int: () throws -> Tensor] = [:]
            batch.each { number, image in
                let estimate = try image.advance(said[number].get(), at: index, on: backend)
                guard let estimate else {
                    throw PipelineError.notFinite(
                        step: index + 1, layer: try culprit(image, place, on: backend))
                }
                if expected[image.request] == nil { expected[image.request] = estimate }
            }
            let duration = clock.now - begin
            for (request, images) in batch.requests {
                guard let expected = expected[request] else { continue }
                do {
                    try report(
                        request, images, Evaluated(duration: duration, imageCount: count, expected: expected))
                } catch {
                    batch.fail(request, error)
                }
            }
            for (request, error) in batch.takeFailures() { left(request, error) }
            index += 1
        }
        for (request, error) in batch.takeFailures() { left(request, error) }
    }

    // MARK: The denoiser

    private struct Place {
        let evaluation: Evaluation
        /// The evaluation's number among the time states, `nil` for one that was not known when those were computed.
        let row: Int?
    }

    /// What the denoiser is given of certain images for as long as none of them leaves and no prompt changes.
    private struct Company {
        struct Seat: Equatable {
            let request: Int, conditions: Int
        }

        let seats: [Seat]
        let denoiser: any Backend
        let text: TextStates

        init(_ images: [DenoisingImage], _ seats: [Seat], on backend: some Backend) throws {
            self.seats = seats
            denoiser = images[0].stage.denoiser(images.count)
            let texts = zip(images, seats).map { $0.stage.conditions[$1.conditions].text }
            text = texts.count == 1 ? texts[0] : try TextStates(together: texts, on: backend)
        }
    }

    /// What is said of each of `images`: at once, or of fewer at once where that fails for want of memory, say, which one
    /// image alone need not lack.
    private static func predictions(
        _ images: [DenoisingImage], _ place: Place, _ company: inout Company?, on backend: some Backend
    ) -> [Result<Prediction, any Error>] {
        do {
            let seats = images.map {
                Company.Seat(request: $0.request, conditions: $0.stage.conditionsIndex(at: place.evaluation.step))
            }
            if company?.seats != seats { company = nil }
            let present = try company ?? Company(images, seats, on: backend)
            company = present
            return try predict(images, place, present, denoiser: present.denoiser, on: backend).map { .success($0) }
        } catch {
            guard images.count > 1 else { return [.failure(error)] }
            company = nil
            let half = images.count / 2
            return [images.prefix(half), images.dropFirst(half)].flatMap { part in
                var company: Company?
                return predictions(Array(part), place, &company, on: backend)
            }
        }
    }

    /// The denoiser's outputs at the latents of `images`, guided.
    private static func predict(
        _ images: [DenoisingImage], _ place: Place, _ company: Company, denoiser: some Backend,
        on backend: some Backend
    ) throws -> [Prediction] {
        let (evaluation, count) = (place.evaluation, images.count)
        let unet = images[0].stage.unet
        let conditions = zip(images, company.seats).map { $0.stage.conditions[$1.conditions] }
        var inputs = images.map(\.x)
        if evaluation.inputScale != 1 {
            inputs = try inputs.map { try backend.weightedSum([(evaluation.inputScale, $0)]) }
        }
        // Images with controls are drawn alone.
        let control = try conditions[0].controls.residuals(inputs[0], evaluation, row: place.row)
        inputs = try zip(inputs, images).map { input, image in
            try image.surroundings.shown.map { try backend.concatenateChannels([input, $0]) } ?? input
        }
        let times = try conditions.map { conditions in
            try place.row.map(conditions.time.step)
                ?? unet.timeStates(
                    [evaluation.timestep], guidance: conditions.guidance, added: conditions.added, on: denoiser)
        }
        // Where nothing is added to the times, they are the same for all.
        let time =
            count > 1 && conditions[0].added != nil ? try TimeStates(together: times, on: backend) : times[0]
        let input = count == 1 ? inputs[0] : try backend.concatenateBatch(inputs)
        let output = try backend.convert(
            unet(input, time: time, text: company.text, control: control, on: denoiser), to: .float32)
        return try images.enumerated().map { number, image in
            let rows = (0..<output.shape[0] / count).map { prompt in
                output.slice(prompt * count + number..<prompt * count + number + 1)
            }
            guard let guidance = image.stage.guidance else { return Prediction(output: rows[0]) }
            let conditional = try sum(
                Array(rows.dropFirst()), conditions[number].weights, unconditional: rows[0], on: backend)
            let guided = try Guidance.combine(
                unconditional: rows[0], conditional: conditional, scale: guidance.scale, rescale: guidance.rescale,
                on: backend)
            return Prediction(output: guided, unconditional: rows[0])
        }
    }

    /// What several prompts want together: each one's difference from the negative prompt, by its weight.
    ///
    /// Source: Liu et al., "Compositional Visual Generation with Composable Diffusion Models" (arXiv 2206.01714),
    /// equation 11.
    private static func sum(
        _ rows: [Tensor], _ weights: [Double], unconditional: Tensor, on backend: some Backend
    ) throws -> Tensor {
        if rows.count == 1, weights == [1] { return rows[0] }
        let rest = 1 - weights.reduce(0, +)
        return try backend.weightedSum([(rest, unconditional)] + zip(weights, rows).map { ($0, $1) })
    }

    /// The first layer whose output for `image` is not finite.
    private static func culprit(
        _ image: DenoisingImage, _ place: Place, on backend: some Backend
    ) throws -> String {
        let seat = Company.Seat(
            request: image.request, conditions: image.stage.conditionsIndex(at: place.evaluation.step))
        let alone = try Company([image], [seat], on: backend)
        return try firstNonFiniteLayer(on: alone.denoiser) {
            _ = try predict([image], place, alone, denoiser: $0, on: backend)
        }
    }
}

/// Runs `body` again on a backend that looks at each layer's output, and names the first that is not finite.
func firstNonFiniteLayer(on backend: some Backend, _ body: (FiniteCheckBackend) throws -> Void) throws -> String {
    do {
        try body(FiniteCheckBackend(backend))
        return "the sampler"
    } catch BackendError.notFinite(let layer) {
        return layer
    }
}
