/// Which part of a denoising a run does: image to image enters part-way, and a base model leaves part-way.
public struct SamplingPart: Sendable, Equatable {
    /// Where a run enters.
    public enum Start: Sendable, Equatable {
        /// At the first step, from pure noise.
        case noise
        /// So late that the last `strength · steps` steps are left, `strength` from 0 to 1.
        ///
        /// Source: diffusers `StableDiffusionImg2ImgPipeline.get_timesteps`.
        case strength(Double)
        /// As AUTOMATIC1111 counts: the last ⌊min(strength, 0.999) · steps⌋ steps of a sampler over timesteps, one more of
        /// a sampler over noise levels, which so has a step even for strength 0.
        case webUIStrength(Double)
        /// At the first step below the share 1 − `fraction` of the training timesteps, as diffusers' `denoising_start`.
        ///
        /// What comes in has the noise of the level at which a run with ``SamplingPart/end`` of the same value ended.
        case fraction(Double)
    }

    /// Where the run enters.
    public var start = Start.noise
    /// The fraction of training after which the run leaves, as diffusers' `denoising_end`; 1 goes to the end.
    public var end = 1.0

    /// A part from `start` to `end`; all of it unless said otherwise.
    public init(start: Start = .noise, end: Double = 1) {
        self.start = start
        self.end = end
    }

    /// The whole denoising.
    public static let whole = SamplingPart()

    /// The first step to take of `stepCount`.
    ///
    /// `timesteps` are those that the steps begin with.
    ///
    /// - Throws: ``SamplingError/outOfRange(_:value:expected:)`` for a share out of range, or one that leaves no step.
    func firstStep(_ timesteps: [Double], overSigmas: Bool, of trainTimesteps: Int) throws(SamplingError) -> Int {
        let count = timesteps.count
        switch start {
        case .noise: return 0
        case .strength(let strength), .webUIStrength(let strength):
            guard 0...1 ~= strength else {
                throw .outOfRange("strength", value: strength, expected: "a number from 0 to 1")
            }
            var left = Int(Double(count) * strength)
            if case .webUIStrength = start {
                left = Int(min(strength, 0.999) * Double(count)) + (overSigmas ? 1 : 0)
            }
            guard left > 0 else {
                throw .outOfRange(
                    "strength", value: strength,
                    expected: "at least \(1 / Double(count)), which leaves one of \(count) steps")
            }
            return count - min(left, count)
        case .fraction(let fraction):
            guard 0...1 ~= fraction else {
                throw .outOfRange("start of denoising", value: fraction, expected: "a number from 0 to 1")
            }
            let cutoff = Self.cutoff(fraction, of: trainTimesteps)
            guard let first = timesteps.firstIndex(where: { $0 < cutoff }) else {
                throw .outOfRange("start of denoising", value: fraction, expected: "what leaves one of \(count) steps")
            }
            return first
        }
    }

    /// The step before which the run leaves; see ``firstStep(_:overSigmas:of:)``.
    func lastStep(after first: Int, _ timesteps: [Double], of trainTimesteps: Int) throws(SamplingError) -> Int {
        guard 0...1 ~= end else { throw .outOfRange("end of denoising", value: end, expected: "a number from 0 to 1") }
        // As diffusers has it, 0 too is no cut.
        guard end > 0, end < 1 else { return timesteps.count }
        let cutoff = Self.cutoff(end, of: trainTimesteps)
        let last = timesteps.lastIndex { $0 >= cutoff }.map { $0 + 1 } ?? 0
        guard last > first else {
            throw .outOfRange("end of denoising", value: end, expected: "what leaves a step after the start")
        }
        return last
    }

    /// The training timestep at which the share `fraction` is done.
    private static func cutoff(_ fraction: Double, of trainTimesteps: Int) -> Double {
        (Double(trainTimesteps) - fraction * Double(trainTimesteps)).rounded(.toNearestOrEven)
    }
}
