/// Fields whose names, defaults and choices differ from class to class.
extension ConfigurationFields {
    func predictionType(of kind: SamplerKind) throws(SamplingError) -> PredictionType {
        // Euler knows `sample` under an older name too.
        if kind == .euler, try text("prediction_type") == "original_sample" { return .sample }
        return try choice(
            "prediction_type", .epsilon,
            except: [.eulerAncestral, .pndm, .kdpm2, .kdpm2Ancestral, .dpmSolverSDE].contains(kind) ? [.sample] : [])
    }

    func sigmaSpacing(of kind: SamplerKind) throws(SamplingError) -> SigmaSpacing {
        // The ancestral class of diffusers does not read these fields.
        guard kind.stepsOverSigmas, kind != .eulerAncestral else { return .timesteps }
        var spacings: [SigmaSpacing] = []
        if try flag("use_karras_sigmas", false) { spacings.append(.karras) }
        if try flag("use_exponential_sigmas", false) { spacings.append(.exponential) }
        if try flag("use_beta_sigmas", false) { spacings.append(.beta) }
        guard spacings.count < 2 else {
            throw .unsupportedValue(
                field: "use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas", value: "true",
                supported: "one of them")
        }
        if kind == .dpmSolverMultistep, try flag("use_lu_lambdas", false), spacings != [.karras] { return .lu }
        return spacings.first ?? .timesteps
    }

    func limit(of kind: SamplerKind) throws(SamplingError) -> DenoisedLimit {
        if [.ddim, .ddpm, .lcm, .dpmSolverMultistep, .uniPC, .deis].contains(kind), try flag("thresholding", false) {
            return .dynamic(
                quantile: min(max(try number("dynamic_thresholding_ratio", 0.995), 0), 1),
                maximum: try number("sample_max_value", 1))
        }
        let clips = [.ddim, .ddpm].contains(kind)
        if clips || kind == .heun || kind == .lcm, try flag("clip_sample", clips) {
            return .clip(try number("clip_sample_range", 1))
        }
        return .none
    }

    func euler(of kind: SamplerKind) throws(SamplingError) -> SamplerConfiguration.EulerOptions {
        guard kind == .euler else { return .init(interpolation: .linear, takesContinuousTimesteps: false) }
        let type = try text("timestep_type") ?? "discrete"
        guard ["discrete", "continuous"].contains(type) else {
            throw .unsupportedValue(field: "timestep_type", value: type, supported: "discrete, continuous")
        }
        let predictsVelocity = try predictionType(of: kind) == .vPrediction
        return .init(
            interpolation: try choice("interpolation_type", .linear),
            takesContinuousTimesteps: type == "continuous" && predictsVelocity)
    }

    func multistep(
        of kind: SamplerKind, _ finalSigma: FinalSigma
    ) throws(SamplingError) -> SamplerConfiguration.MultistepOptions {
        let isDPMSolver = kind == .dpmSolverMultistep
        guard isDPMSolver || kind == .uniPC || kind == .deis else {
            return .init(
                order: 2, algorithm: .dpmSolverPlusPlus, rule: .midpoint, uniPCRule: .bh2, lowersOrderAtEnd: true,
                endsWithEuler: false, minimumLogSNR: -.infinity, predictsDenoised: true, uncorrectedSteps: [])
        }
        // The names that the other multistep classes have for algorithm and rule stand for the defaults.
        let rule = try text("solver_type")
        let isDEIS = try text("algorithm_type") == "deis"
        let algorithm: DPMSolverAlgorithm =
            isDPMSolver && !isDEIS ? try choice("algorithm_type", .dpmSolverPlusPlus) : .dpmSolverPlusPlus
        let order = try integer("solver_order", 2, in: 1...(algorithm == .stochastic ? 2 : 3))
        let lowersOrderAtEnd = try flag("lower_order_final", true)
        if isDPMSolver, [.dpmSolver, .stochastic].contains(algorithm), finalSigma == .zero {
            throw .unsupportedValue(
                field: "final_sigmas_type", value: "zero",
                supported: "sigma_min, with algorithm_type "
                    + algorithm.rawValue)
        }
        if kind == .uniPC, order > 1, !lowersOrderAtEnd, finalSigma == .zero {
            throw .unsupportedValue(
                field: "lower_order_final", value: "false", supported: "true, or final_sigmas_type sigma_min")
        }
        let predictsDenoised = try flag("predict_x0", true)
        if kind == .uniPC, !predictsDenoised, finalSigma == .zero {
            throw .unsupportedValue(
                field: "predict_x0", value: "false", supported: "true, or final_sigmas_type sigma_min")
        }
        if kind == .uniPC, try text("solver_p") != nil {
            throw .unsupportedValue(field: "solver_p", value: "set", supported: "null")
        }
        let endsWithEuler = try flag("euler_at_final", false)
        return .init(
            order: order, algorithm: algorithm,
            rule: isDPMSolver && !["logrho", "bh1", "bh2"].contains(rule)
                ? try choice("solver_type", .midpoint) : .midpoint,
            uniPCRule: kind == .uniPC && !["midpoint", "heun", "logrho"].contains(rule)
                ? try choice("solver_type", .bh2) : .bh2,
            lowersOrderAtEnd: lowersOrderAtEnd, endsWithEuler: isDPMSolver && endsWithEuler,
            minimumLogSNR: isDPMSolver ? try numberOrInfinity("lambda_min_clipped", -.infinity) : -.infinity,
            predictsDenoised: predictsDenoised,
            uncorrectedSteps: Set((try numbers("disable_corrector") ?? []).compactMap { Int(exactly: $0) }))
    }
}
