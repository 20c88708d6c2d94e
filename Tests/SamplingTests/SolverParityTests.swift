import DaguerreReference
import DaguerreSampling
import DaguerreTensors
import FoundationEssentials
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/solvers.py; k-diffusion 0.1.1.post1 and torchsde in float64, and papers restated there.
@Suite struct SolverParityTests {
    static let names = SamplerName.allCases.map(\.rawValue).filter {
        !$0.hasSuffix("Scheduler") && !["ddpm", "plms", "pndm", "uni_pc", "deis", "lcm", "tcd", "ddim"].contains($0)
    }

    @Test(arguments: names)
    func everySolverEndsInTheLatentsOfTheReference(_ name: String) throws {
        let samples = try SolverCase.all(name)
        #expect(!samples.isEmpty)
        for sample in samples {
            for run in sample.runs {
                let comment: Comment = "\(run.steps) steps of \(sample)"
                let (latents, timesteps) = try sample.latents(run)
                let expected = floats(run.timesteps)
                // Timesteps are looked up by logarithms in float32, where the reference has float64; how long adaptive
                // steps are hangs on errors of the size of float32's.
                let isAdaptive = name == SamplerName.dpmAdaptive.rawValue
                try #require(timesteps.count == expected.count, comment)
                expectClose(
                    HostTensor(timesteps, shape: [timesteps.count]), HostTensor(expected, shape: [expected.count]),
                    .elementwise(absolute: 4e-3, relative: isAdaptive ? 1e-4 : 0), comment)
                expectClose(
                    latents, nhwc(HostTensor(floats(run.latents), shape: [1, 4, 3, 5])),
                    .relativeL2(SamplerParityTests.limit), comment)
            }
        }
    }

    private struct Schedule: Decodable {
        let schedule: String
        let steps: Int
        let sigmas: Data
    }

    @Test func everyScheduleHasTheLevelsOfTheReference() throws {
        let data = try Data(contentsOf: URL(filePath: Fixture.path("solvers/schedules.json")))
        let samples = try JSONDecoder().decode([Schedule].self, from: data)
        #expect(Set(samples.map(\.schedule)).count == ScheduleName.allCases.count)  // two tables, and no `automatic`
        let json =
            #"{"_class_name": "PNDMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}"#
        let model = try SamplerConfiguration(json: Array(json.utf8), file: "scheduler_config.json")
        for sample in samples {
            let isXL = sample.schedule.hasSuffix("_xl")
            let name = isXL ? String(sample.schedule.dropLast(3)) : sample.schedule
            var configuration = try model.replacing(sampler: .euler, schedule: ScheduleName.parse(name))
            configuration.alignedSteps = isXL ? .stableDiffusionXL : .stableDiffusion
            let run = try SamplingRun(configuration, stepCount: sample.steps)
            let expected = floats(sample.sigmas)
            let actual = run.evaluations.map { Float($0.level.noise) }
            try #require(actual.count == expected.count, "\(sample.schedule) \(sample.steps)")
            expectClose(
                HostTensor(actual, shape: [actual.count]), HostTensor(expected, shape: [expected.count]),
                .elementwise(absolute: 0, relative: 2e-6), "\(sample.schedule) \(sample.steps)")
        }
    }
}
