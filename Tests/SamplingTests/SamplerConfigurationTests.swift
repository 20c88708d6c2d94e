import DaguerreSampling
import Testing

@Suite struct SamplerConfigurationTests {
    private let stableDiffusion = """
        {"_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "beta_end": 0.012, "beta_schedule": "scaled_linear",
        "beta_start": 0.00085, "num_train_timesteps": 1000, "set_alpha_to_one": false, "skip_prk_steps": true,
        "steps_offset": 1, "trained_betas": null, "clip_sample": false}
        """

    private func configuration(_ json: String) throws(SamplingError) -> SamplerConfiguration {
        try SamplerConfiguration(json: Array(json.utf8), file: "scheduler_config.json")
    }

    private func configuration(_ kind: SamplerKind, _ fields: String = "") throws(SamplingError) -> SamplerConfiguration
    {
        try configuration(#"{"_class_name": "\#(kind.className)"\#(fields.isEmpty ? "" : ", ")\#(fields)}"#)
    }

    @Test func absentFieldsHaveTheDefaultsOfTheirClass() throws {
        let heun = try configuration(.heun)
        #expect(heun.betaStart == 0.00085 && heun.betaSchedule == .linear && heun.timestepSpacing == .linspace)
        let ddim = try configuration(.ddim)
        #expect(ddim.betaStart == 0.0001 && ddim.betaEnd == 0.02 && ddim.timestepSpacing == .leading)
        #expect(ddim.limit == .clip(1) && ddim.endsWithoutNoise)
        let pndm = try configuration(.pndm)
        #expect(!pndm.endsWithoutNoise && !pndm.pndmSkipsRungeKutta && pndm.limit == .none)
        let lcm = try configuration(.lcm)
        #expect(lcm.betaSchedule == .scaledLinear && lcm.lcm.originalSteps == 50 && lcm.limit == .none)
    }

    @Test func infinitiesAsPythonWritesThemAreRead() throws {
        let configuration = try configuration(.dpmSolverMultistep, #""lambda_min_clipped": -Infinity"#)
        #expect(configuration.multistep.minimumLogSNR == -.infinity)
    }

    @Test func fieldsOfOtherClassesAreIgnored() throws {
        let ddim = try configuration(.ddim, #""use_flow_sigmas": true, "solver_order": 9, "algorithm_type": "none""#)
        #expect(ddim.sigmaSpacing == .timesteps)
    }

    @Test func whatIsNotSupportedIsNamedTogetherWithWhatIs() {
        func message(_ kind: SamplerKind, _ fields: String) -> String {
            do throws(SamplingError) {
                _ = try configuration(kind, fields)
                return ""
            } catch {
                return error.description
            }
        }
        #expect(message(.uniPC, #""use_flow_sigmas": true"#).contains("use_flow_sigmas true is not supported"))
        #expect(message(.euler, #""prediction_type": "flow""#).contains("epsilon, v_prediction, sample"))
        #expect(message(.pndm, #""prediction_type": "sample""#).hasSuffix("supported: epsilon, v_prediction"))
        #expect(message(.euler, #""beta_schedule": "exp""#).hasSuffix("linear, scaled_linear, squaredcos_cap_v2"))
        #expect(message(.ddpm, #""variance_type": "learned""#).contains("variance_type learned"))
        #expect(message(.dpmSolverMultistep, #""solver_order": 4"#).contains("1 to 3"))
        #expect(message(.dpmSolverMultistep, #""solver_order": 1e300"#).contains("1 to 3"))
        #expect(message(.dpmSolverMultistep, #""algorithm_type": "dpmsolver""#).contains("sigma_min"))
        #expect(message(.euler, #""use_karras_sigmas": true, "use_beta_sigmas": true"#).contains("one of them"))
        #expect(message(.euler, #""num_train_timesteps": 0"#).contains("num_train_timesteps"))
        #expect(message(.euler, #""beta_start": 1.5"#).contains("beta_start 1.5 is not supported; supported: 0 to 1"))
        #expect(message(.euler, #""beta_end": NaN"#).contains("beta_end: expected a number"))
        #expect(message(.uniPC, #""predict_x0": false"#).contains("predict_x0 false"))
        #expect(message(.uniPC, #""lower_order_final": false"#).contains("lower_order_final false"))
        #expect(message(.euler, #""trained_betas": [0.1, 0.2]"#).contains("trained_betas of 2 numbers"))
        #expect(message(.euler, #""beta_start": "small""#) == "scheduler_config.json: beta_start: expected a number")
    }

    @Test(arguments: ["", "[]", "{", "null", #"{"_class_name": 3}"#, "{}", "\u{0}", #"{"a": {"b": [[[]]]}}"#])
    func whatIsNoConfigurationIsRefused(_ json: String) {
        #expect(throws: SamplingError.self) { try configuration(json) }
    }

    @Test func anUnknownClassIsAnsweredWithTheKnownOnes() {
        #expect(throws: SamplingError.unknownClass("FlowMatchEulerDiscreteScheduler")) {
            try configuration(#"{"_class_name": "FlowMatchEulerDiscreteScheduler"}"#)
        }
        let message = SamplingError.unknownClass("X").description
        #expect(SamplerKind.allCases.allSatisfy { message.contains($0.className) })
    }

    @Test func stepsOutOfRangeAreRefused() throws {
        for count in [Int.min, 0, 1001, Int.max] {
            let configuration = try configuration(stableDiffusion)
            #expect(throws: SamplingError.self) { try SamplingRun(configuration, stepCount: count) }
        }
        #expect(throws: SamplingError.stepCount(51, sampler: "LCM", supported: 1...50)) {
            try SamplingRun(configuration(.lcm), stepCount: 51)
        }
        #expect(throws: SamplingError.self) { try SamplingRun(configuration(.pndm), stepCount: 3) }
    }

    @Test(arguments: SamplerKind.allCases, TimestepSpacing.allCases)
    func everyNumberOfStepsIsPlannedOrRefused(_ kind: SamplerKind, _ spacing: TimestepSpacing) throws {
        for offset in [0, 1, 1000] {
            let configuration = try configuration(
                kind, #""timestep_spacing": "\#(spacing.rawValue)", "steps_offset": \#(offset)"#)
            for count in Array(1...60) + [333, 499, 500, 501, 997, 999, 1000] {
                guard let run = try? SamplingRun(configuration, stepCount: count) else { continue }
                #expect(run.evaluations.count >= min(count, 1))
                #expect(run.evaluations.allSatisfy { $0.timestep.isFinite && $0.inputScale > 0 })
            }
        }
    }

    @Test func anotherSamplerKeepsWhatTheFileSays() throws {
        let folder = try configuration(stableDiffusion)
        let euler = try folder.replacing(sampler: .eulerDiscrete, schedule: nil)
        #expect(euler.kind == .euler && euler.betaEnd == 0.012 && euler.stepsOffset == 1)
        // The file is silent on the spacing, so the class decides, as in diffusers' from_config.
        #expect(folder.timestepSpacing == .leading && euler.timestepSpacing == .linspace)
        let stochastic = try folder.replacing(sampler: .dpmPlusPlus2MStochastic, schedule: .automatic)
        #expect(stochastic.samplerName == .dpmPlusPlus2MStochastic && stochastic.scheduleName == .exponential)
        #expect(stochastic.betaEnd == 0.012 && stochastic.predictionType == .epsilon)
        #expect(try folder.replacing(sampler: nil, schedule: nil) == folder)
    }

    @Test func aScheduleReplacesSpacings() throws {
        let trailing = try configuration(
            .dpmSolverMultistep, #""timestep_spacing": "trailing", "use_lu_lambdas": true"#)
        let karras = try trailing.replacing(sampler: nil, schedule: .karras)
        #expect(karras.sigmaSpacing == .karras && karras.timestepSpacing == .trailing)
        #expect(try trailing.replacing(sampler: nil, schedule: .uniform).sigmaSpacing == .timesteps)
        #expect(try karras.replacing(sampler: nil, schedule: .normal).timestepSpacing == .linspace)
        #expect(try karras.replacing(sampler: nil, schedule: .simple).timestepSpacing == .trailing)
        let uniform = try karras.replacing(sampler: nil, schedule: .ddimUniform)
        #expect(uniform.timestepSpacing == .leading && uniform.stepsOffset == 1)
        #expect(throws: SamplingError.self) { try trailing.replacing(sampler: .ddim, schedule: .karras) }
        #expect(throws: SamplingError.self) { try trailing.replacing(sampler: .tcd, schedule: .simple) }
        let latent = try trailing.replacing(sampler: .lcm, schedule: .simple)
        #expect(latent.samplerName == .lcm && latent.scheduleName == .simple)
        #expect(try trailing.replacing(sampler: .lcm, schedule: .automatic).scheduleName == nil)
    }

    @Test func eulerAncestralIsSpacedByNameOnly() throws {
        let ancestral = try configuration(.eulerAncestral, #""use_karras_sigmas": true"#)
        #expect(ancestral.sigmaSpacing == .timesteps)
        let karras = try ancestral.replacing(sampler: nil, schedule: .karras)
        #expect(karras.sigmaSpacing == .karras)
        let euler = try configuration(.euler, #""use_karras_sigmas": true"#)
        let ours = try SamplingRun(karras, stepCount: 7).evaluations
        let theirs = try SamplingRun(euler, stepCount: 7).evaluations
        #expect(ours == theirs)
    }

    /// NumPy's `arange` ends late for 61 steps, so diffusers has a timestep −1.
    @Test func aTimestepTooManyIsCountedOrLeftOut() throws {
        let trailing = #""timestep_spacing": "trailing""#
        let solver = try SamplingRun(configuration(.dpmSolverMultistep, trailing), stepCount: 61)
        #expect(solver.evaluations.count == 62 && solver.stepCount == 62 && solver.evaluations[61].timestep == -1)
        let ddim = try SamplingRun(configuration(.ddim, trailing), stepCount: 61)
        #expect(ddim.evaluations.count == 61 && ddim.evaluations[60].timestep == 15)
    }

    @Test func aConfigurationThatLeavesNoTimestepIsRefused() throws {
        let clipped = try configuration(.dpmSolverMultistep, #""lambda_min_clipped": 100"#)
        #expect(throws: SamplingError.self) { try SamplingRun(clipped, stepCount: 5) }
    }

    @Test func whatThePipelineOverwritesStaysOverwritten() throws {
        let ddim = try configuration(.ddim).asStableDiffusionPipelineRuns()
        #expect(ddim.stepsOffset == 1 && ddim.limit == .none)
        let ddpm = try ddim.replacing(sampler: .ddpm, schedule: nil)
        #expect(ddpm.stepsOffset == 1 && ddpm.limit == .none)
    }

    @Test(
        arguments: [
            ("euler", SamplerName.euler, nil), ("Euler a", .eulerAncestral, nil),
            ("euler_ancestral", .eulerAncestral, nil),
            ("DPM++ 2M Karras", .dpmPlusPlus2M, .karras),
            ("dpm++ 2m sde exponential", .dpmPlusPlus2MStochastic, .exponential),
            ("dpmpp_2m", .dpmPlusPlus2M, nil), ("DPM++ 2M SGM Uniform", .dpmPlusPlus2M, .sgmUniform),
            ("UniPC", .uniPC, nil),
            ("uni_pc", .uniPC, nil), ("PLMS", .plms, nil), ("PNDMScheduler", .pndm, nil), ("LMS Karras", .lms, .karras),
            ("DPMSolverMultistepScheduler", .dpmSolverMultistep, nil),
            ("EulerAncestralDiscreteScheduler", .eulerAncestralDiscrete, nil),
            ("DPM++ 3M SDE Exponential", .dpmPlusPlus3MStochastic, .exponential),
            ("k_dpmpp_2s_a", .dpmPlusPlus2SAncestral, nil),
            ("dpmpp_3m_sde_gpu", .dpmPlusPlus3MStochastic, nil), ("k_dpm_ad", .dpmAdaptive, nil),
            ("DPM2 a Karras", .dpm2Ancestral, .karras), ("k_dpm_2_a", .dpm2Ancestral, nil),
            ("DDIM CFG++", .ddimGuidedPlusPlus, nil),
            ("euler_ancestral_cfg_pp", .eulerAncestralGuidedPlusPlus, nil), ("Restart", .restart, nil),
            ("DPM++ 2M SDE Heun Polyexponential", .dpmPlusPlus2MStochasticHeun, .polyexponential),
            ("DPM++ 2M Align Your Steps", .dpmPlusPlus2M, .alignYourSteps), ("Euler KL Optimal", .euler, .optimal),
            ("TCDScheduler", .tcd, nil), ("DEISMultistepScheduler", .deis, nil), ("deis", .deis, nil),
            ("KDPM2DiscreteScheduler", .kdpm2Discrete, nil), ("LCMScheduler", .lcm, nil), ("DDIMScheduler", .ddim, nil),
            ("DDIM", .ddim, nil), ("k_euler_a", .eulerAncestral, nil), ("  lcm ", .lcm, nil),
        ] as [(String, SamplerName, ScheduleName?)])
    func namesOfAllProgramsAreKnown(_ text: String, _ sampler: SamplerName, _ schedule: ScheduleName?) throws {
        let parsed = try SamplerName.parse(text)
        #expect(parsed.sampler == sampler && parsed.schedule == schedule)
    }

    /// What is written into a picture repeats it: under every sampler and schedule, the names lead back to the run.
    @Test(arguments: SamplerName.allCases)
    func namesOfARunLeadBackToIt(_ name: SamplerName) throws {
        let folder = try configuration(stableDiffusion)
        for schedule in [nil] + ScheduleName.allCases.map(Optional.some) {
            guard let asked = try? folder.replacing(sampler: name, schedule: schedule) else {
                #expect(schedule != nil && schedule != .automatic)
                continue
            }
            // Which of the class's two ways the file says.
            #expect(asked.samplerName == (name == .pndm ? .plms : name))
            let read = try SamplerName.parse(asked.samplerName.infotextName).sampler
            let again = try folder.replacing(
                sampler: read, schedule: asked.scheduleName.map { try ScheduleName.parse($0.infotextName) })
            guard let run = try? SamplingRun(asked, stepCount: 20) else { continue }
            #expect(try SamplingRun(again, stepCount: 20).evaluations == run.evaluations)
        }
    }

    @Test func automaticIsWhatTheWebUITakesForTheSampler() throws {
        let folder = try configuration(stableDiffusion)
        func schedule(_ name: SamplerName) throws -> ScheduleName? {
            try folder.replacing(sampler: name, schedule: nil).scheduleName
        }
        for name in [
            SamplerName.dpmPlusPlus2M, .dpmPlusPlusStochastic, .dpm2, .dpm2Ancestral, .dpmPlusPlus2SAncestral, .restart,
        ] {
            #expect(try schedule(name) == .karras)
        }
        for name in [SamplerName.dpmPlusPlus2MStochastic, .dpmPlusPlus2MStochasticHeun, .dpmPlusPlus3MStochastic] {
            #expect(try schedule(name) == .exponential)
        }
        for name in [SamplerName.euler, .eulerAncestral, .heun, .lms] { #expect(try schedule(name) == .uniform) }
        let distilled = try configuration(.euler, #""timestep_spacing": "trailing""#)
        #expect(try distilled.replacing(sampler: .eulerAncestral, schedule: nil).scheduleName == .sgmUniform)
    }

    /// SDXL Turbo, Lightning and Hyper, LCM: few steps that begin with the last timestep of training.
    @Test func configurationsOfDistilledModelsCanBeSaid() throws {
        let trailing = try configuration(.euler, #""timestep_spacing": "trailing""#)
        #expect(try SamplingRun(trailing, stepCount: 4).evaluations.map(\.timestep) == [999, 749, 499, 249])
        #expect(try SamplingRun(trailing, stepCount: 1).evaluations.map(\.timestep) == [999])
        let turbo = try trailing.replacing(sampler: .eulerAncestral, schedule: .turbo)
        #expect(try SamplingRun(turbo, stepCount: 2).evaluations.map(\.timestep) == [999, 499])
        let tcd = try trailing.replacing(sampler: .tcd, schedule: nil)
        #expect(try SamplingRun(tcd, stepCount: 4).evaluations.map(\.timestep) == [999, 759, 499, 259])
        let lcm = try configuration(.lcm, #""original_inference_steps": 20"#)
        #expect(try SamplingRun(lcm, stepCount: 2).evaluations.map(\.timestep) == [999, 499])
    }

    @Test func aScheduleThatAClassKnowsNotGoesWithTheSolverOfTheSameMethod() throws {
        let euler = try configuration(.euler).replacing(sampler: nil, schedule: .alignYourSteps)
        #expect(euler.samplerName == .euler && euler.scheduleName == .alignYourSteps)
        let solver = try configuration(.dpmSolverMultistep, #""algorithm_type": "sde-dpmsolver++""#)
        #expect(try solver.replacing(sampler: nil, schedule: .optimal).samplerName == .dpmPlusPlus2MStochastic)
        #expect(throws: SamplingError.self) { try configuration(.ddim).replacing(sampler: nil, schedule: .optimal) }
        #expect(throws: SamplingError.self) { try solver.replacing(sampler: .eulerDiscrete, schedule: .optimal) }
        // A solver keeps to its name, whatever schedule comes later.
        #expect(try euler.replacing(sampler: nil, schedule: .karras).samplerName == .euler)
    }

    @Test func guidanceOfCFGPlusPlusHasAScaleOfItsOwn() throws {
        let ddim = try configuration(stableDiffusion).replacing(sampler: .ddimGuidedPlusPlus, schedule: nil)
        #expect(ddim.readsUnconditional && ddim.guidanceScale(7.5) == 0.6)
        let euler = try ddim.replacing(sampler: .eulerGuidedPlusPlus, schedule: nil)
        #expect(euler.readsUnconditional && euler.guidanceScale(1.5) == 1.5)
        let plain = try euler.replacing(sampler: .ddim, schedule: nil)
        #expect(!plain.readsUnconditional && plain.guidanceScale(7.5) == 7.5 && plain.samplerName == .ddim)
    }

    @Test func everyNameThatIsPrintedIsRead() throws {
        for name in SamplerName.allCases {
            #expect(try SamplerName.parse(name.rawValue).sampler == name)
            #expect(try SamplerName.parse(name.infotextName).sampler == name)
        }
        for name in ScheduleName.allCases {
            #expect(try ScheduleName.parse(name.rawValue) == name)
            #expect(try ScheduleName.parse(name.infotextName) == name)
        }
    }

    @Test(arguments: ["", "Karras", "euler euler", "DPM++ 4M SDE", "🎨"])
    func unknownNamesAreAnsweredWithTheKnownOnes(_ text: String) {
        #expect(throws: SamplingError.unknownSampler(text)) { try SamplerName.parse(text) }
    }
}
