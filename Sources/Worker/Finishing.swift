import Daguerre
import DaguerreImaging
import DaguerreJobs
import DaguerreModels
import DaguerrePipelines
import DaguerrePixels
import Logging

/// Makes files of what was drawn: judges, blurs or withholds, encodes, and keeps them in the blob store.
struct Finishing: Sendable {
    private let runner: EngineRunner
    private let request: JobRequest
    private let translated: Translation.Result
    private let drawn: Drawing.Drawn
    private let loading: Duration

    init(
        _ runner: EngineRunner, _ request: JobRequest, _ translated: Translation.Result, _ drawn: Drawing.Drawn,
        loading: Duration
    ) {
        self.runner = runner
        self.request = request
        self.translated = translated
        self.drawn = drawn
        self.loading = loading
    }

    /// - Throws: ``JobFailure`` if a picture was not judged that should have been; `ImagingError`; what the store throws.
    func callAsFunction(_ model: Model) async throws -> JobOutcome {
        let start = ContinuousClock.now
        let result = drawn.result
        let records = try safetyRecords()
        var images: [JobImage] = []
        for (index, picture) in result.images.enumerated() {
            try Task.checkCancellation()
            let record = records?[index]
            guard record?.action != .blocked else { continue }
            let making = PictureMaking(
                model, adapterNames: translated.adapterNames, unnamedCount: translated.unnamedCount)
            let infotext = making.infotext(of: result.request, translated.generation, picture: index).text
            let seed = result.request.seed(of: index)
            images.append(
                try await keep(infotext: infotext, seed: seed, safety: record) {
                    record?.action == .blurred ? picture.beyondRecognition : picture
                })
        }
        if let withheld = records?.count(where: { $0.action == .blocked }), withheld > 0 {
            runner.logger.notice(
                "the safety policy withholds images",
                metadata: ["withheld": "\(withheld)", "of": "\(result.images.count)"])
        }
        guard !images.isEmpty else { return .blocked(records ?? [], usage(since: start)) }
        images += try await controlMaps()
        return .succeeded(images, usage(since: start), safety: records ?? [])
    }

    /// What was found in each picture and is done about it; nil where the policy is off.
    private func safetyRecords() throws(JobFailure) -> [SafetyRecord]? {
        let action = runner.settings.safety.action
        guard action != .off else { return nil }
        guard let verdicts = drawn.result.safety, verdicts.count == drawn.result.images.count else {
            throw JobFailure(.safetyUnavailable, "the safety checker did not judge every picture; none is given out")
        }
        return verdicts.map { verdict in
            guard verdict.isFlagged else { return SafetyRecord(.passed) }
            let concepts = verdict.concepts.indices.filter { verdict.concepts[$0].value > 0 }.map { $0 + 1 }
            return SafetyRecord(action == .blur ? .blurred : .blocked, concepts: concepts)
        }
    }

    /// What the networks were shown, for those controls of which the request wants it back.
    private func controlMaps() async throws -> [JobImage] {
        let size = PixelSize(width: drawn.result.request.width, height: drawn.result.request.height)
        var images: [JobImage] = []
        for (asked, control) in zip(request.controls, translated.generation.controls) where asked.returnsMap {
            images.append(
                try await keep(role: .controlMap, infotext: nil, seed: drawn.result.request.seed) {
                    try control.map(size)
                })
        }
        return images
    }

    /// Encodes what `picture` makes, off the cooperative pool, and keeps it.
    private func keep(
        role: JobImage.Role = .result, infotext: String?, seed: UInt64, safety: SafetyRecord? = nil,
        _ picture: @escaping @Sendable () throws -> Image
    ) async throws -> JobImage {
        let (settings, output) = (runner.settings, request.output)
        let format = ImageFormat(output.format)
        let file = try await runner.pictures.run { _ in
            let image = try picture()
            let bytes = try ImageFile.encode(
                image, as: format, quality: output.quality, infotext: settings.writesInfotext ? infotext : nil,
                provenance: role == .result && settings.writesProvenance ? .trainedAlgorithmicMedia : nil)
            return (bytes: bytes, width: image.width, height: image.height)
        }
        return JobImage(
            digest: try await runner.blobs.put(file.bytes), role: role, width: file.width, height: file.height,
            byteCount: file.bytes.count, mediaType: output.format.mediaType, seed: seed, infotext: infotext ?? "",
            safety: safety)
    }

    private func usage(since start: ContinuousClock.Instant) -> JobUsage {
        let timings = drawn.result.timings
        let stages: [(name: String, duration: Duration)] = [
            ("load", loading), ("text", timings.text), ("denoise", timings.steps.reduce(.zero, +)),
            ("decode", timings.decode), ("safety", runner.settings.safety.action == .off ? .zero : drawn.checking),
            ("encode", ContinuousClock.now - start),
        ]
        return JobUsage(
            stages: stages.map { JobUsage.Stage($0.name, seconds: $0.duration.seconds) },
            steps: timings.steps.count, peakBytes: drawn.result.memory.peakBytes)
    }
}

extension ImageFormat {
    fileprivate init(_ format: JobRequest.Output.Format) {
        switch format {
        case .png: self = .png
        case .jpeg: self = .jpeg
        case .webp: self = .webp
        }
    }
}
