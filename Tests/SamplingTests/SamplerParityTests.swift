import DaguerreSampling
import DaguerreTensors
import FoundationEssentials
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/sampling.py; diffusers 0.42.1 in float32, k-diffusion 0.1.1.post1 in float64.
///
/// The promise is ``Tolerances/latents`` after twenty steps; the solvers alone are held to a fiftieth of it, since the
/// model in between multiplies their errors.
@Suite struct SamplerParityTests {
    static let limit = 2e-5

    /// Euler's first sigma is 4096 where the last timestep has no signal, and diffusers' float32 latents lose as many
    /// times their precision; ours do not.
    ///
    /// The class of ancestral DPM2 finds the level to step to as a small difference of float32 squares, of which few digits
    /// are left where steps are long; ours is exact.
    static func limit(of configuration: SamplerConfiguration) -> Double {
        if configuration.kind == .kdpm2Ancestral { return 1e-4 }
        return configuration.rescalesBetasToZeroSNR && [.euler, .eulerAncestral].contains(configuration.kind)
            ? 2e-4 : limit
    }

    @Test(arguments: SamplerKind.allCases)
    func everyConfigurationEndsInTheLatentsOfDiffusers(_ kind: SamplerKind) throws {
        for sample in try SamplingCase.all(kind.className) {
            for run in sample.runs {
                let plan = try SamplingRun(sample.configuration, stepCount: run.steps)
                expectClose(
                    try sample.latents(plan), sample.expected(run), .relativeL2(Self.limit(of: sample.configuration)),
                    "\(run.steps) steps of \(sample)")
            }
        }
    }

    @Test(arguments: SamplerKind.allCases)
    func everyConfigurationTellsTheModelTheTimestepsOfDiffusers(_ kind: SamplerKind) throws {
        for sample in try SamplingCase.all(kind.className) {
            for run in sample.runs {
                let plan = try SamplingRun(sample.configuration, stepCount: run.steps)
                let timesteps = floats(try #require(run.timesteps))
                let scales = floats(try #require(run.inputScales))
                let scale = try #require(run.initialNoiseScale)
                let comment: Comment = "\(run.steps) steps of \(sample)"
                try #require(plan.evaluations.count == timesteps.count, comment)
                // Timesteps that are looked up hang on float32 logarithms; whole ones are equal.
                let isRough = kind == .kdpm2Ancestral  // as said at ``limit(of:)``
                let tolerance = Tolerance.elementwise(absolute: isRough ? 2e-2 : 2e-3, relative: 0)
                expectClose(
                    HostTensor(plan.evaluations.map { Float($0.timestep) }, shape: [timesteps.count]),
                    HostTensor(timesteps, shape: [timesteps.count]), tolerance, comment)
                expectClose(
                    HostTensor(plan.evaluations.map { Float($0.inputScale) }, shape: [scales.count]),
                    HostTensor(scales, shape: [scales.count]),
                    .elementwise(absolute: 0, relative: isRough ? 1e-5 : 1e-6), comment)
                #expect(abs(plan.initialNoiseScale - scale) <= 1e-6 * scale, comment)
            }
        }
    }

    @Test func samplersOverSigmasEndInTheLatentsOfKDiffusion() throws {
        let samples = try SamplingCase.all("k-diffusion")
        #expect(samples.count == 9)
        for sample in samples {
            for run in sample.runs {
                let plan = try SamplingRun(sample.configuration, stepCount: run.steps)
                expectClose(
                    try sample.latents(plan), sample.expected(run), .relativeL2(Self.limit),
                    "\(run.steps) steps of \(sample)")
            }
        }
    }

    /// Where diffusers divides by the distance of two equal timesteps.
    @Test func asManyStepsAsTimestepsStayFinite() throws {
        for sample in try SamplingCase.all(SamplerKind.dpmSolverMultistep.className).prefix(2) {
            let latents = try sample.latents(SamplingRun(sample.configuration, stepCount: 1000))
            let isFinite = latents.floats.allSatisfy { $0.isFinite }
            #expect(isFinite)
        }
    }
}
