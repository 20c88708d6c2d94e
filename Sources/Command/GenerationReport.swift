import Daguerre
import DaguerreAdapters
import DaguerreModels
import DaguerrePipelines
import DaguerreSampling
import DaguerreTensors
import FoundationEssentials
import Glibc

/// What a run of `generate` made and took: what `--json` prints.
struct GenerationReport: Encodable {
    struct ModelPart: Encodable {
        let name: String
        /// 64 hexadecimal digits; see `ModelFiles.digest`.
        let digest: String
    }

    /// Seconds.
    struct Timings: Encodable {
        let load: Double
        let text: Double
        /// One for each evaluation of the denoiser, over all pictures.
        let steps: [Double]
        let decode: Double
        /// From the command's start to the last file.
        let total: Double
    }

    let files: [String]
    let latentsFile: String?
    let model: ModelPart
    let prompt, negativePrompt: String
    /// The first picture's, and each one's.
    let seed: UInt64
    let seeds: [UInt64]
    /// Pixels: those of the second pass where there is one.
    let width, height: Int
    let count, steps: Int
    let guidance, guidanceRescale: Double
    let sampler: String
    let schedule: String?
    let random, precision: String
    let threads: Int
    let timings: Timings
    /// The most that the engine held at once, and what was foretold.
    let peakBytes, forecastPeakBytes: Int
    /// The most that the process held at once, as the system counts it.
    let residentPeakBytes: Int
    let flops: Int
    /// What each LoRA's file matched, in the order of the request.
    let adapters: [AdapterReceipt]
    /// For each picture, if there is a safety checker.
    let safety: [Safety]?
    let warnings: [String]

    /// What the safety checker says of one picture.
    struct Safety: Encodable {
        let flagged: Bool
        /// By concept; above zero is a hit.
        let scores: [String: Double]
    }

    init(
        _ tally: GenerationTally, of model: Model, adapters: [AdapterReceipt], warnings: [String],
        latentsFile: String?, total: Duration
    ) {
        let request = tally.request
        files = tally.files
        self.latentsFile = latentsFile
        self.model = ModelPart(name: model.name, digest: model.digest)
        prompt = request.prompt
        negativePrompt = request.negativePrompt
        seed = request.seed
        seeds = tally.seeds
        width = request.hires?.size.width ?? request.width
        height = request.hires?.size.height ?? request.height
        count = tally.files.count
        steps = request.steps
        guidance = request.guidance
        guidanceRescale = request.guidanceRescale
        sampler = request.sampler.samplerName.rawValue
        schedule = request.sampler.scheduleName?.rawValue
        random = request.random.rawValue
        precision = model.precision.rawValue
        threads = model.threadCount
        timings = Timings(
            load: seconds(model.loadDuration), text: seconds(tally.text),
            steps: tally.steps.map { seconds($0) }, decode: seconds(tally.decode),
            total: seconds(total))
        peakBytes = tally.peakBytes
        forecastPeakBytes = tally.forecastPeakBytes
        residentPeakBytes = residentPeak()
        flops = tally.flops
        self.adapters = adapters
        safety =
            tally.safety.isEmpty
            ? nil
            : tally.safety.map { verdict in
                let scores = verdict.scores.map { ($0.name, $0.value) }
                return Safety(flagged: verdict.isFlagged, scores: Dictionary(scores) { first, _ in first })
            }
        self.warnings = warnings
    }

    /// One line for people.
    var summary: String {
        let step = timings.steps.isEmpty ? 0 : timings.steps.reduce(0, +) / Double(timings.steps.count)
        return "seed \(seed) · \(width)×\(height) · \(steps) step\(steps == 1 ? "" : "s") of \(brief(step)) · "
            + "\(brief(timings.total)) in all · \(briefBytes(residentPeakBytes)) of memory"
    }
}

/// The most memory that this process ever held, in bytes.
func residentPeak() -> Int {
    var usage = rusage()
    guard getrusage(RUSAGE_SELF.rawValue, &usage) == 0 else { return 0 }
    return usage.ru_maxrss * 1024
}

/// `value` as one JSON object, names in snake case and in the order of the alphabet.
func jsonText(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
