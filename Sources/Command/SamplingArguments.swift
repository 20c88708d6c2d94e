public import ArgumentParser
public import DaguerreSampling

/// The options that say how noise becomes a picture.
struct SamplingArguments: ParsableArguments {
    @Option(parsing: .unconditional, help: ArgumentHelp("Denoising steps.", valueName: "n"))
    var steps: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How closely to follow the prompt; 1 is not at all beyond the model.", valueName: "x"))
    var guidance: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How far guidance may not change the contrast, from 0 to 1.", valueName: "x"))
    var guidanceRescale: Double?

    @Option(
        help: ArgumentHelp(
            "\(SamplerName.allCases.map(\.rawValue).joined(separator: ", ")); names of AUTOMATIC1111 and diffusers too.",
            valueName: "name"))
    var sampler: String?

    @Option(
        help: ArgumentHelp(
            "\(ScheduleName.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "name"))
    var schedule: String?

    @Option(
        help:
            "Whose random numbers a seed stands for: CUDA's, as in AUTOMATIC1111, or torch's, as in ComfyUI. (default: philox)"
    )
    var random: RandomSource?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The share of a step's noise that is fresh; 0 is none. (default: the sampler's own)", valueName: "x"))
    var eta: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How far Euler, Heun and DPM2 go back before each step. (default: 0)", valueName: "x"))
    var churn: Double?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("What fresh noise is multiplied by. (default: 1)", valueName: "x"))
    var noiseScale: Double?

    /// What fresh noise the sampler adds; `nil` where no option says.
    var fresh: FreshNoise? {
        guard eta != nil || churn != nil || noiseScale != nil else { return nil }
        var fresh = FreshNoise()
        fresh.eta = eta
        fresh.churn = churn ?? fresh.churn
        fresh.scale = noiseScale ?? fresh.scale
        return fresh
    }

    func validate() throws {
        if let steps, !(1...1000).contains(steps) {
            throw ValidationError("--steps is \(steps), expected a number from 1 to 1000")
        }
        if let guidance, !(0...1000).contains(guidance) {
            throw ValidationError("--guidance is \(guidance), expected a number from 0 to 1000")
        }
        if let guidanceRescale, !(0...1).contains(guidanceRescale) {
            throw ValidationError("--guidance-rescale is \(guidanceRescale), expected a number from 0 to 1")
        }
    }
}

extension RandomSource: ExpressibleByArgument {}
