import Daguerre
import DaguerreModels
import DaguerrePipelines
import DaguerreTensors

/// What the pictures of a run took together; the pictures themselves are in their files by then.
struct GenerationTally {
    /// The first picture's request with every default filled in.
    let request: DiffusionRequest
    private(set) var files: [String] = []
    private(set) var seeds: [UInt64] = []
    /// What the safety checker says of each picture, if there is one.
    private(set) var safety: [SafetyVerdict] = []
    private(set) var text = Duration.zero, decode = Duration.zero
    /// One for each evaluation of the denoiser.
    private(set) var steps: [Duration] = []
    /// The most of any picture.
    private(set) var peakBytes = 0, forecastPeakBytes = 0
    private(set) var flops = 0
    /// Each warning once.
    private(set) var warnings: [String]
    private var latents: [Float] = []
    private var latentShape: Shape = [0, 0, 0, 0]

    init(_ request: DiffusionRequest, warnings: [String]) {
        self.request = request
        self.warnings = warnings
    }

    /// Notes a picture that was written to `file`; its latents are kept if they are to be written, too.
    mutating func add(_ result: GenerationResult, file: String, seed: UInt64, keepsLatents: Bool) {
        files.append(file)
        seeds.append(seed)
        safety += result.safety ?? []
        text += result.timings.text
        steps += result.timings.steps
        decode += result.timings.decode
        peakBytes = max(peakBytes, result.memory.peakBytes)
        forecastPeakBytes = max(forecastPeakBytes, result.forecast.peakBytes)
        flops += result.forecast.flops
        for warning in result.warnings where !warnings.contains(warning) { warnings.append(warning) }
        guard keepsLatents else { return }
        latents += result.latents.floats
        latentShape = result.latents.shape
    }

    /// The latents of all pictures, `[count, 4, height/8, width/8]`.
    var allLatents: HostTensor {
        HostTensor(latents, shape: [files.count, latentShape[1], latentShape[2], latentShape[3]])
    }
}
