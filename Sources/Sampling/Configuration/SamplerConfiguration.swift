/// `scheduler_config.json`: which solver runs over which noise schedule, with diffusers' field names and defaults.
///
/// A field that the file leaves out has the default of the class that the file names. Fields of other classes are
/// ignored, as diffusers ignores them.
///
/// Source: diffusers 0.42.1, `schedulers/`.
public struct SamplerConfiguration: Sendable, Equatable {
    /// The family of solvers, from `_class_name`.
    public let kind: SamplerKind
    /// Noise levels that the model was trained on.
    public let trainTimesteps: Int
    public let betaStart, betaEnd: Double
    /// How the betas grow from ``betaStart`` to ``betaEnd``.
    public let betaSchedule: BetaSchedule
    /// The betas themselves, instead of a formula for them.
    public let trainedBetas: [Double]?
    /// Shifts the betas so that the last timestep is pure noise (arXiv 2305.08891, algorithm 1).
    public let rescalesBetasToZeroSNR: Bool
    /// What the model says.
    public let predictionType: PredictionType
    /// Which training timesteps the steps fall on.
    public let timestepSpacing: TimestepSpacing
    /// Added to the timesteps of `leading` spacing.
    public internal(set) var stepsOffset: Int
    /// How the noise levels are spaced.
    public let sigmaSpacing: SigmaSpacing
    /// Bounds of the noise levels under a ``sigmaSpacing`` of its own, where not the schedule's.
    public let minimumSigma, maximumSigma: Double?
    /// The noise level that the last step goes to.
    public let finalSigma: FinalSigma
    /// What the estimate of the clean latents is limited by.
    public internal(set) var limit: DenoisedLimit
    /// Whether the level after the last is without noise, else that of timestep 0; DDIM, PNDM, LCM.
    public let endsWithoutNoise: Bool
    /// How much fresh noise is added; no field of the file.
    public var fresh = FreshNoise()
    /// Which table the schedule Align Your Steps takes; no field of the file.
    public var alignedSteps = AlignedSteps.stableDiffusion
    /// The sampler of k-diffusion that stands in for the file's class.
    var named: NamedSampler?
    /// The schedule that was asked for of the file's class.
    var askedSchedule: ScheduleName?
    /// Whether the sampler also looks at what the model says without the prompt (CFG++): then guidance is computed at any
    /// scale, and both go to ``SamplingRun/advance(_:output:unconditional:at:noise:on:)``.
    public internal(set) var readsUnconditional = false
    /// What only Euler's method knows.
    public let euler: EulerOptions
    /// What only DPM-Solver and UniPC know.
    public let multistep: MultistepOptions
    /// Whether PNDM begins with few past slopes instead of Runge–Kutta steps.
    public let pndmSkipsRungeKutta: Bool
    /// The variance of DDPM's fresh noise.
    public let ddpmVariance: PosteriorVariance
    /// What only latent consistency models know.
    public let lcm: LCMOptions

    var fields: ConfigurationFields

    /// Options of EulerDiscreteScheduler.
    public struct EulerOptions: Sendable, Equatable {
        /// How noise levels are looked up.
        public let interpolation: SigmaInterpolation
        /// The model takes `¼ log σ` as its timestep.
        public let takesContinuousTimesteps: Bool
    }

    /// Options of DPMSolverMultistepScheduler and UniPCMultistepScheduler.
    public struct MultistepOptions: Sendable, Equatable {
        /// How many estimates one step goes by.
        public let order: Int
        /// What DPM-Solver integrates.
        public let algorithm: DPMSolverAlgorithm
        /// The second-order rule of DPM-Solver.
        public let rule: DPMSolverRule
        /// B(h) of UniPC.
        public let uniPCRule: UniPCRule
        /// Lowers the order over the last steps, which would otherwise overshoot.
        public let lowersOrderAtEnd: Bool
        /// Takes the last step of DPM-Solver by Euler's method.
        public let endsWithEuler: Bool
        /// Timesteps whose log signal-to-noise ratio lies below are left out.
        public let minimumLogSNR: Double
        /// UniPC solves for the clean latents, else for the noise.
        public let predictsDenoised: Bool
        /// Steps after which UniPC does not correct.
        public let uncorrectedSteps: Set<Int>
    }

    /// Options of LCMScheduler and TCDScheduler.
    public struct LCMOptions: Sendable, Equatable {
        /// Steps that the distilled model's teacher took.
        public let originalSteps: Int
        /// What timesteps are multiplied by in the boundary condition.
        public let timestepScaling: Double
    }

    /// Reads `scheduler_config.json`; `file` is its base name, for errors.
    public init(json: [UInt8], file: String) throws(SamplingError) {
        let fields = try ConfigurationFields(json: json, file: file)
        guard let name = try fields.text("_class_name") else {
            throw .malformedConfiguration(file: file, reason: "_class_name is missing")
        }
        guard let kind = SamplerKind.allCases.first(where: { $0.className == name }) else { throw .unknownClass(name) }
        try self.init(kind, fields)
    }

    /// `namedSpacing` goes before what the fields say.
    init(
        _ kind: SamplerKind, _ fields: ConfigurationFields, namedSpacing: SigmaSpacing? = nil
    ) throws(SamplingError) {
        self.kind = kind
        self.fields = fields
        for name in ["use_flow_sigmas", "use_dynamic_shifting"]
        where [.dpmSolverMultistep, .uniPC, .deis].contains(kind) {
            try fields.refuse(name)
        }
        trainTimesteps = try fields.integer("num_train_timesteps", 1000, in: 1...100_000)
        let isLatentDefault = [.heun, .lcm, .tcd, .kdpm2, .kdpm2Ancestral, .dpmSolverSDE].contains(kind)
        betaStart = try fields.fraction("beta_start", isLatentDefault ? 0.00085 : 0.0001)
        betaEnd = try fields.fraction("beta_end", isLatentDefault ? 0.012 : 0.02)
        betaSchedule = try fields.choice(
            "beta_schedule", [.lcm, .tcd].contains(kind) ? .scaledLinear : .linear,
            except: (kind == .heun ? [] : [.exponential]) + (kind == .ddpm ? [] : [.sigmoid, .laplace]))
        trainedBetas = try fields.numbers("trained_betas")
        if let count = trainedBetas?.count, count != trainTimesteps {
            throw .unsupportedValue(
                field: "trained_betas", value: "of \(count) numbers",
                supported: "\(trainTimesteps), as num_train_timesteps says")
        }
        let hasZeroSNR = ![.heun, .lms, .pndm, .kdpm2, .kdpm2Ancestral, .dpmSolverSDE, .deis].contains(kind)
        rescalesBetasToZeroSNR = hasZeroSNR ? try fields.flag("rescale_betas_zero_snr", false) : false
        predictionType = try fields.predictionType(of: kind)
        let leads = [.ddim, .ddpm, .pndm, .lcm, .tcd].contains(kind)
        timestepSpacing = try fields.choice("timestep_spacing", leads ? .leading : .linspace)
        stepsOffset = try fields.integer("steps_offset", 0, in: 0...trainTimesteps)
        let configuredSpacing = try fields.sigmaSpacing(of: kind)
        sigmaSpacing = namedSpacing ?? configuredSpacing
        minimumSigma = try fields.number("sigma_min")
        maximumSigma = try fields.number("sigma_max")
        let hasFinalSigma = [.euler, .dpmSolverMultistep, .uniPC].contains(kind)
        finalSigma = hasFinalSigma ? try fields.choice("final_sigmas_type", .zero) : kind == .deis ? .smallest : .zero
        limit = try fields.limit(of: kind)
        endsWithoutNoise = try fields.flag("set_alpha_to_one", kind != .pndm)
        euler = try fields.euler(of: kind)
        multistep = try fields.multistep(of: kind, finalSigma)
        pndmSkipsRungeKutta = try fields.flag("skip_prk_steps", false)
        ddpmVariance = kind == .ddpm ? try fields.choice("variance_type", .fixedSmall) : .fixedSmall
        lcm = LCMOptions(
            originalSteps: [.lcm, .tcd].contains(kind)
                ? try fields.integer("original_inference_steps", 50, in: 1...trainTimesteps) : 50,
            timestepScaling: try fields.number("timestep_scaling", 10))
    }

    /// As diffusers' StableDiffusionPipeline runs it: `steps_offset` 1, and no clipping of the clean latents.
    ///
    /// The pipeline overwrites both fields of whatever it is given, since old model folders had them wrong; they stay
    /// overwritten in what ``replacing(sampler:schedule:)`` returns.
    public func asStableDiffusionPipelineRuns() -> SamplerConfiguration {
        var configuration = self
        configuration.fields = fields.setting(["steps_offset": .number(1), "clip_sample": .flag(false)])
        configuration.stepsOffset = 1
        if case .clip = limit { configuration.limit = .none }
        return configuration
    }
}
