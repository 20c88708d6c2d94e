import DaguerreModels
import DaguerrePixels
import DaguerreTensors

/// Requests that are drawn together, from their prompts to their pictures.
struct BatchDrawing {
    typealias Report = (_ request: Int, Progress) throws -> Void
    typealias Ended = (_ request: Int, Result<DiffusionPipeline.Result, any Error>) -> Void

    /// Whether pictures are decoded for their cost only.
    var isRehearsal = false

    private let pipeline: DiffusionPipeline
    private let requests: [DiffusionRequest]
    private let limit: Int
    private let origin: (DiffusionRequest) -> NoiseOrigin
    /// Requests that have not ended, and those of them that have begun.
    private var waiting: [Int]
    private var drawings: [Int: RequestDrawing] = [:]
    /// The last that was used: what it has loaded is loaded once.
    private var decoder: (tiling: TilingAxes, decoder: LatentDecoder)?

    init(
        _ pipeline: DiffusionPipeline, _ requests: [DiffusionRequest], limit: Int,
        origin: @escaping (DiffusionRequest) -> NoiseOrigin
    ) {
        self.pipeline = pipeline
        self.requests = requests
        self.limit = max(limit, 1)
        self.origin = origin
        waiting = Array(requests.indices)
    }

    /// Draws until every request has ended.
    mutating func run(on backend: some Backend, report: Report, ended: Ended) {
        while !waiting.isEmpty {
            let company = company(on: backend, report: report, ended: ended)
            guard let first = company.first, let plan = drawings[first.request]?.plan else { continue }
            let tiling = requests[first.request].tiling
            var decoder =
                if let known = self.decoder, known.tiling == tiling { known.decoder } else { pipeline.decoder(tiling) }
            let batch = denoised(company, plan, &decoder, on: backend, report: report, ended: ended)
            decode(batch, &decoder, on: backend, report: report, ended: ended)
            self.decoder = (tiling, decoder)
        }
    }

    /// The images that are drawn next: the first request's, and as many of others as may join them.
    private mutating func company(
        on backend: some Backend, report: Report, ended: Ended
    ) -> [(request: Int, images: Range<Int>)] {
        var company: [(request: Int, images: Range<Int>)] = []
        var room = limit
        for number in waiting where room > 0 {
            let key = requests[number].batchKey
            if let first = company.first, key == nil || key != requests[first.request].batchKey { continue }
            do {
                let begun = drawings[number]
                let drawing =
                    try begun ?? RequestDrawing(pipeline, requests[number], origin(requests[number]), on: backend)
                drawings[number] = drawing
                if begun == nil { try report(number, .encoded) }
                if let first = company.first, drawings[first.request]?.plan.joins(drawing.plan) != true { continue }
                if key == nil { room = 1 }
                let images = drawing.next(room)
                company.append((number, images))
                room -= images.count
            } catch {
                end(number, .failure(error), ended)
            }
        }
        return company
    }

    /// Takes the images of `company` through every pass of `plan`, which those of the others resemble.
    private mutating func denoised(
        _ company: [(request: Int, images: Range<Int>)], _ plan: GenerationPlan, _ decoder: inout LatentDecoder,
        on backend: some Backend, report: Report, ended: Ended
    ) -> ImageBatch {
        var batch = ImageBatch()
        for (number, images) in company {
            drawings[number]?.begin()
            guard let run = drawings[number]?.run else { continue }
            for index in images {
                batch.add(of: number) { try run.first(index, of: number, on: backend) }
            }
        }
        for (pass, stages) in plan.passes.map(\.stages).enumerated() {
            if pass > 0 {
                batch.each { _, image in
                    guard var drawing = drawings[image.request], let hires = drawing.request.hires else { return }
                    image = try drawing.run.second(
                        image, hires, decoder: &decoder, warnings: &drawing.warnings, on: backend)
                    drawings[image.request] = drawing
                }
            }
            for stage in stages.indices {
                if stage > 0 {
                    batch.each { _, image in
                        guard let plan = drawings[image.request]?.plan else { return }
                        image.enter(plan.passes[pass].stages[stage])
                    }
                }
                DenoisingLoop.run(&batch, on: backend) { number, images, evaluated in
                    guard let step = drawings[number]?.advance(images, evaluated) else { return }
                    try report(
                        number,
                        .step(step) { [model = pipeline.model, preview = pipeline.preview] in
                            try preview(model.autoencoder, on: backend)(backend.download(evaluated.expected()))
                        })
                } left: {
                    end($0, .failure($1), ended)
                }
            }
        }
        return batch
    }

    /// Makes pictures of what `batch` came to, one after another: each request ends with its own last one.
    private mutating func decode(
        _ batch: ImageBatch, _ decoder: inout LatentDecoder, on backend: some Backend, report: Report, ended: Ended
    ) {
        let clock = ContinuousClock()
        for (number, _) in batch.requests {
            guard var drawing = drawings[number] else { continue }
            do {
                for image in batch.images where image.request == number {
                    let latents = try backend.download(image.x)
                    let start = clock.now
                    let autoencoder = drawing.plan.autoencoder
                    if isRehearsal {
                        try LatentDecoder.rehearse(latents, pipeline.model.autoencoder, on: autoencoder)
                        drawing.skip()
                    } else {
                        let picture = try decoder.picture(of: latents, warnings: &drawing.warnings, on: autoencoder)
                        drawing.add(picture, of: latents, clock.now - start)
                    }
                    try report(number, .decoded(image: image.index))
                }
                drawings[number] = drawing
                if drawing.isDone { end(number, .success(drawing.result(pipeline)), ended) }
            } catch {
                end(number, .failure(error), ended)
            }
        }
    }

    private mutating func end(
        _ number: Int, _ result: Result<DiffusionPipeline.Result, any Error>, _ ended: Ended
    ) {
        drawings[number] = nil
        waiting.removeAll { $0 == number }
        ended(number, result)
    }
}
