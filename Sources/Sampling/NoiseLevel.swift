import Glibc

/// How much signal and how much noise latents hold: `x = signal · image + noise · ε`.
///
/// Some samplers keep the variance of `x` at one, as training does (DDIM), some keep the signal at one and let the
/// variance explode (Euler). Both are points on rays through the same angle, so one type serves both: multiplied by
/// ``inputScale``, `x` has the variance that the model expects.
///
/// Source: Karras et al., "Elucidating the Design Space" (arXiv 2206.00364), table 1.
public struct NoiseLevel: Sendable, Equatable {
    public let signal, noise: Double
    /// What the model's input is multiplied by.
    public let inputScale: Double

    /// A level whose signal is one: `sigma` is the ratio of noise to signal.
    static func exploding(_ sigma: Double) -> NoiseLevel {
        NoiseLevel(signal: 1, noise: sigma, inputScale: 1 / (sigma * sigma + 1).squareRoot())
    }

    /// A level of variance one whose signal has the power `signalPower`, diffusers' `alphas_cumprod`.
    static func preserving(signalPower: Double) -> NoiseLevel {
        NoiseLevel(signal: signalPower.squareRoot(), noise: (1 - signalPower).squareRoot(), inputScale: 1)
    }

    /// A level of variance one at which noise and signal have the ratio `sigma`.
    static func preserving(sigma: Double) -> NoiseLevel {
        let signal = 1 / (sigma * sigma + 1).squareRoot()
        return NoiseLevel(signal: signal, noise: sigma * signal, inputScale: 1)
    }

    /// Half the logarithm of the signal-to-noise ratio, λ of the DPM-Solver papers; infinite without noise.
    var logSNR: Double { log(signal / noise) }
}
