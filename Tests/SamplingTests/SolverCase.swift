import DaguerreReference
import DaguerreSampling
import DaguerreTensors
import FoundationEssentials
import TestSupport

/// A sampler, a schedule and options of `Tests/Fixtures/solvers`, and what the reference made of them.
struct SolverCase: Decodable, CustomStringConvertible {
    let sampler, schedule: String
    let options: [String: Double]
    let configuration: [String: Field]
    let runs: [Run]

    struct Run: Decodable {
        let steps: Int
        let timesteps, latents: Data
    }

    var description: String {
        "\(sampler) \(schedule) \(options) \(configuration["prediction_type"].map { "\($0)" } ?? "")"
    }

    /// All cases of `Tests/Fixtures/solvers/<name>.json`.
    static func all(_ name: String) throws -> [SolverCase] {
        try JSONDecoder().decode(
            [SolverCase].self, from: Data(contentsOf: URL(filePath: Fixture.path("solvers/\(name).json"))))
    }

    /// The sampler as a person asks for it.
    func plan(_ run: Run, part: SamplingPart = .whole) throws -> (SamplingRun, SamplerConfiguration) {
        let json = try JSONEncoder().encode(configuration)
        var configuration = try SamplerConfiguration(json: Array(json), file: "scheduler_config.json").replacing(
            sampler: SamplerName.parse(sampler).sampler, schedule: ScheduleName.parse(schedule))
        configuration.fresh.eta = options["eta"]
        configuration.fresh.churn = options["s_churn"] ?? 0
        configuration.fresh.minimumSigma = options["s_tmin"] ?? 0
        configuration.fresh.maximumSigma = options["s_tmax"] ?? .infinity
        configuration.fresh.scale = options["s_noise"] ?? 1
        return (try SamplingRun(configuration, stepCount: run.steps, part: part), configuration)
    }

    /// The latents that we make of a model whose outputs are 0.3 of its input and 0.7 of a draw, and the timesteps that it
    /// was told.
    func latents(_ run: Run) throws -> (HostTensor, timesteps: [Float]) {
        let backend = ReferenceBackend()
        let shape: Shape = [1, 3, 5, 4]
        var (denoising, configuration) = try plan(run)
        var draws = (
            start: NoiseStream(.torch, seed: 1), model: NoiseStream(.torch, seed: 2),
            unconditional: NoiseStream(.torch, seed: 5)
        )
        var noise = DrawnNoise(seed: 3)
        let constant = try backend.upload(draws.model.next(shape), as: .float32)
        draws.model = NoiseStream(.torch, seed: 2)
        var x = try backend.upload(draws.start.next(shape), as: .float32)
        x = try backend.weightedSum([(denoising.initialNoiseScale, x)])
        x = try denoising.prepared(x, noise: &noise, on: backend)
        var index = 0
        while index < denoising.evaluations.count {
            let scale = 0.3 * denoising.evaluations[index].inputScale
            let record =
                denoising.isAdaptive ? constant : try backend.upload(draws.model.next(shape), as: .float32)
            let output = try backend.weightedSum([(scale, x), (0.7, record)])
            var unconditional: Tensor?
            if configuration.readsUnconditional {
                let record = try backend.upload(draws.unconditional.next(shape), as: .float32)
                unconditional = try backend.weightedSum([(scale, x), (0.7, record)])
            }
            x = try denoising.advance(
                x, output: output, unconditional: unconditional, at: index, noise: &noise, on: backend)
            index += 1
        }
        return (try backend.download(x), denoising.evaluations.map { Float($0.timestep) })
    }
}
