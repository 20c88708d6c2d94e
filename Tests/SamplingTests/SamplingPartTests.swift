import DaguerreReference
import DaguerreSampling
import DaguerreTensors
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/sampling.py, `parts`: diffusers 0.42.1, its pipelines' `get_timesteps` and `add_noise`;
/// for LMS k-diffusion 0.1.1.post1.
@Suite struct SamplingPartTests {
    private let backend = ReferenceBackend()

    private func configuration(_ kind: SamplerKind, _ fields: String = "") throws -> SamplerConfiguration {
        let json = #"{"_class_name": "\#(kind.className)"\#(fields.isEmpty ? "" : ", ")\#(fields)}"#
        return try SamplerConfiguration(json: Array(json.utf8), file: "scheduler_config.json")
    }

    @Test func runsThatEnterOrLeavePartWayEndInTheLatentsOfDiffusers() throws {
        var runs = 0
        for sample in try SamplingCase.all("parts") {
            for run in sample.runs {
                let comment: Comment = "\(run.steps) steps, \(run.part) of \(sample)"
                let plan = try SamplingRun(sample.configuration, stepCount: run.steps, part: run.part)
                let timesteps = floats(try #require(run.timesteps))
                #expect(
                    plan.evaluations.map { Float($0.timestep) }.elementsEqual(timesteps) { abs($0 - $1) < 2e-3 },
                    comment)
                if let begin = run.begin {
                    expectClose(
                        try sample.begin(plan, run.part), sample.tensor(begin), .relativeL2(1e-6), comment)
                }
                expectClose(
                    try sample.latents(plan, run.part), sample.expected(run),
                    .relativeL2(SamplerParityTests.limit), comment)
                runs += 1
            }
        }
        #expect(runs > 150)
    }

    /// Of samplers without a past, what one run leaves another takes up as if they were one.
    @Test(arguments: [SamplerKind.euler, .eulerAncestral, .heun, .ddim, .ddpm, .lcm], [0.1, 0.5, 0.8])
    func aHandOverBetweenEqualModelsChangesNothing(_ kind: SamplerKind, _ fraction: Double) throws {
        let configuration = try configuration(kind, #""clip_sample": false"#)
        let x = try backend.upload(HostTensor([1, -2, 0.5], shape: [1, 1, 3, 1]), as: .float32)
        var noise = NoiseStream(.torch, seed: 1)
        func denoise(_ part: SamplingPart, _ x: Tensor) throws -> (Tensor, SamplingRun) {
            var run = try SamplingRun(configuration, stepCount: 10, part: part)
            var x = x
            for (index, evaluation) in run.evaluations.enumerated() {
                let output = try backend.weightedSum([(0.3 * evaluation.inputScale, x)])
                x = try run.advance(x, output: output, at: index, noise: &noise, on: backend)
            }
            return (x, run)
        }
        let (whole, run) = try denoise(.whole, x)
        noise = NoiseStream(.torch, seed: 1)
        let (left, base) = try denoise(SamplingPart(end: fraction), x)
        let (end, refiner) = try denoise(SamplingPart(start: .fraction(fraction)), left)
        #expect(base.stepCount + refiner.stepCount == 10 && base.stepCount > 0 && refiner.stepCount > 0)
        #expect(base.evaluations.count + refiner.evaluations.count == run.evaluations.count)
        #expect(try backend.download(end).floats == backend.download(whole).floats)
    }

    @Test func stepsOfAPartAreCountedFromItsStart() throws {
        let heun = try SamplingRun(configuration(.heun), stepCount: 10, part: SamplingPart(start: .strength(0.3)))
        #expect(heun.evaluations.map(\.step) == [0, 0, 1, 1, 2] && heun.stepCount == 3)
        let euler = try SamplingRun(configuration(.euler), stepCount: 10, part: SamplingPart(end: 0.45))
        #expect(euler.evaluations.map(\.step) == Array(0..<5) && euler.stepCount == 5)
        let both = SamplingPart(start: .fraction(0.2), end: 0.5)
        #expect(try SamplingRun(configuration(.ddim), stepCount: 10, part: both).evaluations.map(\.step) == [0, 1, 2])
    }

    /// As its progress shows: 20 steps at 0.75 are 16 of k-diffusion's samplers, 15 of DDIM.
    @Test func stepsAreCountedAsTheWebUIDoes() throws {
        let part = SamplingPart(start: .webUIStrength(0.75))
        #expect(try SamplingRun(configuration(.euler), stepCount: 20, part: part).stepCount == 16)
        #expect(try SamplingRun(configuration(.ddim), stepCount: 20, part: part).stepCount == 15)
        let whole = SamplingPart(start: .webUIStrength(1))
        #expect(try SamplingRun(configuration(.euler), stepCount: 20, part: whole).stepCount == 20)
        #expect(try SamplingRun(configuration(.ddim), stepCount: 20, part: whole).stepCount == 19)
        let none = SamplingPart(start: .webUIStrength(0))
        #expect(try SamplingRun(configuration(.euler), stepCount: 20, part: none).stepCount == 1)
    }

    @Test func theRefinerTakesOverAtAShareOfTheEvaluations() throws {
        let euler = try SamplingRun(configuration(.euler), stepCount: 20)
        #expect(euler.evaluation(atFraction: 0.8) == 16 && euler.evaluation(atFraction: 0.81) == 17)
        #expect(euler.evaluation(atFraction: 1) == 20 && euler.evaluation(atFraction: 0) == 0)
        #expect(euler.evaluation(atFraction: .nan) == 20)
    }

    /// Inpainting puts the original back, as noisy as the latents are, and clean at the end.
    @Test(arguments: SamplerKind.allCases)
    func theOriginalIsNoisedForEveryEvaluation(_ kind: SamplerKind) throws {
        let run = try SamplingRun(configuration(kind), stepCount: 6)
        let clean = try backend.upload(HostTensor([2], shape: [1, 1, 1, 1]), as: .float32)
        let noise = try backend.upload(HostTensor([-3], shape: [1, 1, 1, 1]), as: .float32)
        for (index, evaluation) in run.evaluations.enumerated() {
            let x = try backend.download(run.noised(clean, with: noise, at: index, on: backend)).floats[0]
            let expected = evaluation.level.signal * 2 - evaluation.level.noise * 3
            #expect(abs(Double(x) - expected) < 1e-4 * abs(expected) + 1e-6)
        }
        let end = try run.noised(clean, with: noise, at: run.evaluations.count, on: backend)
        #expect(try backend.download(end).floats == [2])
    }

    @Test(arguments: SamplerKind.allCases)
    func aPartWithoutAStepIsRefused(_ kind: SamplerKind) throws {
        let parts: [SamplingPart] = [
            .init(start: .strength(0.04)), .init(start: .strength(0)), .init(start: .strength(-1)),
            .init(start: .strength(.nan)), .init(start: .strength(.infinity)), .init(start: .webUIStrength(1.1)),
            .init(start: .fraction(1)), .init(start: .fraction(.nan)), .init(end: 2), .init(end: .nan),
            .init(end: 1e-9), .init(start: .fraction(0.5), end: 0.4), .init(start: .strength(0.3), end: 0.2),
        ]
        for part in parts {
            #expect(throws: SamplingError.self, "\(part)") {
                try SamplingRun(configuration(kind), stepCount: 20, part: part)
            }
        }
    }

    @Test func whyAPartIsRefusedIsSaidInOneLine() throws {
        #expect(
            throws: SamplingError.outOfRange(
                "strength", value: 0.04, expected: "at least 0.05, which leaves one of 20 steps")
        ) { try SamplingRun(configuration(.euler), stepCount: 20, part: .init(start: .strength(0.04))) }
        #expect(
            SamplingError.outOfRange("strength", value: 2, expected: "a number from 0 to 1").description
                == "strength is 2.0, expected a number from 0 to 1")
    }
}
