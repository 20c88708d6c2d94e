/// What the model was trained to say about the noised latents.
public enum PredictionType: String, Hashable, Sendable, CaseIterable {
    /// The noise in them.
    case epsilon
    /// The velocity `α·noise − σ·image` of Salimans and Ho (arXiv 2202.00512).
    case vPrediction = "v_prediction"
    /// The clean latents.
    case sample
}

/// How the variance of the noise that one training step adds grows from `betaStart` to `betaEnd`.
public enum BetaSchedule: String, Hashable, Sendable, CaseIterable {
    case linear
    /// Linear in the square root: Stable Diffusion's.
    case scaledLinear = "scaled_linear"
    /// The cosine of Nichol and Dhariwal (arXiv 2102.09672, equation 17).
    case squaredCosine = "squaredcos_cap_v2"
    /// Exponential decay of the signal; HeunDiscreteScheduler only.
    case exponential = "exp"
    /// A logistic curve from −6 to 6; DDPMScheduler only.
    case sigmoid
    /// Laplace-distributed log signal-to-noise ratio; DDPMScheduler only.
    case laplace
}

/// Which of the training timesteps the steps fall on (table 2 of arXiv 2305.08891).
public enum TimestepSpacing: String, Hashable, Sendable, CaseIterable {
    case leading, linspace, trailing
}

/// How the noise levels between the first and the last step are spaced.
public enum SigmaSpacing: String, Hashable, Sendable, CaseIterable {
    /// As the timesteps are.
    case timesteps
    /// Karras et al., "Elucidating the Design Space" (arXiv 2206.00364), equation 5 with ρ = 7.
    case karras
    /// A geometric progression.
    case exponential
    /// Quantiles of the distribution Beta(0.6, 0.6) (arXiv 2407.12173).
    case beta
    /// Uniform in the logarithm of the signal-to-noise ratio, as Lu et al. (arXiv 2206.00927) propose.
    case lu
}

/// The last noise level, to which the last step goes.
public enum FinalSigma: String, Hashable, Sendable, CaseIterable {
    case zero
    case smallest = "sigma_min"
}

/// Which integral the multistep DPM-Solver approximates: of the noise or of the clean latents, as an ordinary or as a
/// stochastic differential equation.
public enum DPMSolverAlgorithm: String, Hashable, Sendable, CaseIterable {
    case dpmSolver = "dpmsolver"
    case dpmSolverPlusPlus = "dpmsolver++"
    case stochastic = "sde-dpmsolver"
    case stochasticPlusPlus = "sde-dpmsolver++"
}

/// The second-order rule of the multistep DPM-Solver.
public enum DPMSolverRule: String, Hashable, Sendable, CaseIterable {
    case midpoint, heun
}

/// The function B(h) of UniPC (arXiv 2302.04867, section 3.1): `h` or `exp(h) − 1`.
public enum UniPCRule: String, Hashable, Sendable, CaseIterable {
    case bh1, bh2
}

/// Which variance DDPM's noise has, of those that the model does not learn.
public enum PosteriorVariance: String, Hashable, Sendable, CaseIterable {
    case fixedSmall = "fixed_small"
    case fixedSmallLog = "fixed_small_log"
    case fixedLarge = "fixed_large"
}

/// How Euler's noise levels are looked up at the timesteps.
public enum SigmaInterpolation: String, Hashable, Sendable, CaseIterable {
    case linear
    case logLinear = "log_linear"
}
