import DaguerreReference
import DaguerreSampling
import DaguerreTensors
import TestSupport
import Testing

@Suite struct SamplingRunTests {
    private let backend = ReferenceBackend()
    /// Classes that no model that says the clean latents can be run with.
    private let knowNoSample: [SamplerKind] = [.eulerAncestral, .pndm, .kdpm2, .kdpm2Ancestral, .dpmSolverSDE]

    private func configuration(_ kind: SamplerKind, _ fields: String = "") throws -> SamplerConfiguration {
        let json = #"{"_class_name": "\#(kind.className)"\#(fields.isEmpty ? "" : ", ")\#(fields)}"#
        return try SamplerConfiguration(json: Array(json.utf8), file: "scheduler_config.json")
    }

    private func upload(_ values: [Float]) throws -> Tensor {
        try backend.upload(HostTensor(values, shape: [1, 1, values.count, 1]), as: .float32)
    }

    @Test func evaluationsBelongToTheStepsThatPeopleCount() throws {
        let heun = try SamplingRun(configuration(.heun), stepCount: 3)
        #expect(heun.evaluations.map(\.step) == [0, 0, 1, 1, 2] && heun.stepCount == 3)
        let plms = try SamplingRun(configuration(.pndm, #""skip_prk_steps": true"#), stepCount: 3)
        #expect(plms.evaluations.map(\.step) == [0, 0, 1, 2] && plms.stepCount == 3)
        let pndm = try SamplingRun(configuration(.pndm), stepCount: 5)
        #expect(pndm.evaluations.map(\.step) == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 4] && pndm.stepCount == 5)
        #expect(try SamplingRun(configuration(.lcm), stepCount: 4).evaluations.map(\.timestep) == [999, 759, 499, 259])
    }

    /// Latents mixed of a known image and known noise are taken apart again, at every evaluation.
    @Test(arguments: SamplerKind.allCases, PredictionType.allCases)
    func previewsShowTheCleanLatents(_ kind: SamplerKind, _ type: PredictionType) throws {
        guard
            let configuration = try? configuration(
                kind, #""prediction_type": "\#(type.rawValue)", "clip_sample": false, "timestep_spacing": "linspace""#)
        else {
            #expect(type == .sample && knowNoSample.contains(kind))
            return
        }
        let (image, noise) = (try upload([0.5, -1, 0.25]), try upload([1, 0.5, -2]))
        let run = try SamplingRun(configuration, stepCount: 5)
        for (index, evaluation) in run.evaluations.enumerated() {
            let level = evaluation.level
            let x = try backend.weightedSum([(level.signal, image), (level.noise, noise)])
            let (cosine, sine) = (level.signal * level.inputScale, level.noise * level.inputScale)
            #expect(abs(cosine * cosine + sine * sine - 1) < 1e-12)
            let output =
                switch type {
                case .epsilon: noise
                case .sample: image
                case .vPrediction: try backend.weightedSum([(cosine, noise), (-sine, image)])
                }
            try expectClose(
                run.denoised(x, output: output, at: index, on: backend), backend.download(image),
                .elementwise(absolute: 1e-3, relative: 0), on: backend)
        }
    }

    @Test func aModelThatKnowsTheImageEndsInIt() throws {
        let image = try upload([0.5, -1, 0.25])
        // Those two end at the lowest level, which has noise.
        for kind in SamplerKind.allCases where !(knowNoSample + [.deis, .tcd]).contains(kind) {
            var run = try SamplingRun(
                configuration(kind, #""prediction_type": "sample", "clip_sample": false"#), stepCount: 6)
            var noise = NoiseStream(.philox, seed: 9)
            var x = try backend.upload(noise.next([1, 1, 3, 1]), as: .float32)
            x = try backend.weightedSum([(run.initialNoiseScale, x)])
            for index in run.evaluations.indices {
                x = try run.advance(x, output: image, at: index, noise: &noise, on: backend)
            }
            try expectClose(
                x, backend.download(image), .elementwise(absolute: 2e-4, relative: 0), on: backend, "\(kind)")
        }
    }

    @Test func aCopyResumesWhereTheOriginalStood() throws {
        let (x, output) = (try upload([1, 2]), try upload([0.5, -1]))
        var noise = NoiseStream(.torch, seed: 0)
        var original = try SamplingRun(configuration(.uniPC), stepCount: 4)
        _ = try original.advance(x, output: output, at: 0, noise: &noise, on: backend)
        var copy = original
        let first = try original.advance(x, output: output, at: 1, noise: &noise, on: backend)
        let second = try copy.advance(x, output: output, at: 1, noise: &noise, on: backend)
        #expect(try backend.download(first).floats == backend.download(second).floats)
    }

    /// Values chosen to break arithmetic; each run ends, in numbers of whatever kind, or is refused.
    @Test func noConfigurationTraps() throws {
        let fields: [(String, [String])] = [
            ("beta_start", ["0", "1", "1e-300", "0.5"]), ("beta_end", ["0", "1", "0.012"]),
            ("beta_schedule", [#""linear""#, #""scaled_linear""#, #""squaredcos_cap_v2""#, #""exp""#, #""laplace""#]),
            ("num_train_timesteps", ["1", "2", "7", "1000"]), ("steps_offset", ["0", "1", "7"]),
            ("timestep_spacing", [#""leading""#, #""trailing""#, #""linspace""#]),
            ("rescale_betas_zero_snr", ["true", "false", "null"]), ("use_karras_sigmas", ["true", "false"]),
            ("use_lu_lambdas", ["true", "false"]), ("final_sigmas_type", [#""zero""#, #""sigma_min""#]),
            ("sigma_min", ["0", "-1", "1e300"]), ("sigma_max", ["0", "-1", "1e300"]),
            ("solver_order", ["1", "2", "3"]),
            ("algorithm_type", [#""dpmsolver""#, #""sde-dpmsolver++""#]), ("predict_x0", ["true", "false"]),
            ("lambda_min_clipped", ["-Infinity", "Infinity", "-5", "1e300", "NaN"]),
            ("thresholding", ["true", "false"]),
            ("dynamic_thresholding_ratio", ["-1", "0", "2", "1e300"]), ("sample_max_value", ["-1", "0", "1e300"]),
            ("clip_sample", ["true", "false"]), ("clip_sample_range", ["-1", "0"]),
            ("timestep_scaling", ["0", "1e300"]),
            ("prediction_type", [#""epsilon""#, #""v_prediction""#, #""sample""#]),
            ("skip_prk_steps", ["true", "false"]),
            ("timestep_type", [#""continuous""#]), ("interpolation_type", [#""log_linear""#]),
            ("disable_corrector", ["[0, 1e300, -5, 0.5]"]), ("original_inference_steps", ["1", "3", "50"]),
        ]
        var random = PhiloxNormal(seed: 1)
        var planned = 0
        for trial in 0..<6000 {
            let choices = random.next(2 * fields.count)
            let text = fields.enumerated().compactMap { index, field -> String? in
                guard choices[2 * index] > 0.3 else { return nil }
                let choice = Int(abs(choices[2 * index + 1]) * 1e4) % field.1.count
                return "\"\(field.0)\": \(field.1[choice])"
            }
            let kind = SamplerKind.allCases[trial % SamplerKind.allCases.count]
            guard var configuration = try? configuration(kind, text.joined(separator: ", ")) else { continue }
            // Every second run is asked for by name.
            if trial.isMultiple(of: 2) {
                let name = SamplerName.allCases[trial / 2 % SamplerName.allCases.count]
                let schedule = ScheduleName.allCases[trial / 7 % ScheduleName.allCases.count]
                guard let named = try? configuration.replacing(sampler: name, schedule: schedule) else { continue }
                configuration = named
            }
            let numbers: [Double?] = [nil, 0, 0.5, 1, 100, 1e-300]
            func number(_ stride: Int) -> Double? { numbers[trial / stride % numbers.count] }
            configuration.fresh.eta = number(3)
            configuration.fresh.churn = number(5) ?? 0
            configuration.fresh.minimumSigma = number(11) ?? 0
            configuration.fresh.scale = number(13) ?? 1
            let starts: [SamplingPart.Start] = [.noise, .noise, .strength(0.5), .fraction(0.3), .webUIStrength(0)]
            let part = SamplingPart(
                start: starts[trial / 17 % starts.count], end: trial.isMultiple(of: 19) ? 0.6 : 1)
            guard var run = try? SamplingRun(configuration, stepCount: [1, 2, 5, 21, 37][trial / 10 % 5], part: part)
            else { continue }
            planned += 1
            var noise = NoiseStream(.torch, seed: 1)
            do {
                var x = try run.prepared(upload([1, -2]), noise: &noise, on: backend)
                var index = 0
                while index < run.evaluations.count {
                    x = try run.advance(x, output: x, at: index, noise: &noise, on: backend)
                    index += 1
                }
                #expect(run.evaluations.count <= run.maximumEvaluations)
            } catch SamplingError.notConverged {
                #expect(configuration.samplerName == .dpmAdaptive)
            }
        }
        #expect(planned > 2000)
    }

    @Test func anAdaptiveRunLearnsItsEvaluations() throws {
        let configuration = try configuration(.pndm, #""beta_start": 0.00085, "beta_end": 0.012"#)
            .replacing(sampler: .dpmAdaptive, schedule: nil)
        var run = try SamplingRun(configuration, stepCount: 20)
        #expect(run.isAdaptive && run.evaluations.count == 1 && run.maximumEvaluations == 1000)
        #expect(run.evaluations[0].timestep == 999)
        var noise = NoiseStream(.torch, seed: 0)
        var x = try backend.weightedSum([(run.initialNoiseScale, upload([1, -0.5, 0.25]))])
        var index = 0
        while index < run.evaluations.count {
            #expect(run.evaluations.count == index + 1)
            x = try run.advance(
                x, output: upload([0.5, 0.5, -1]), at: index, noise: &noise, on: backend)
            index += 1
        }
        #expect(index.isMultiple(of: 3) && index > 12)
        #expect(run.evaluations.map(\.step) == (0..<index).map { $0 / 3 })
    }

    /// A model that jumps from evaluation to evaluation gives errors that no step is short enough for.
    @Test func anAdaptiveRunThatComesToNoEndIsStopped() throws {
        let configuration = try configuration(.euler).replacing(sampler: .dpmAdaptive, schedule: nil)
        var run = try SamplingRun(configuration, stepCount: 20)
        var noise = NoiseStream(.torch, seed: 0)
        #expect(throws: SamplingError.notConverged(sampler: "DPM adaptive", evaluations: 1000)) {
            var x = try upload([1, -1])
            var index = 0
            while index < run.evaluations.count {
                let output = try backend.weightedSum([(index.isMultiple(of: 2) ? 1e3 : -1e3, x)])
                x = try run.advance(x, output: output, at: index, noise: &noise, on: backend)
                index += 1
            }
        }
    }

    @Test(arguments: [
        ("eta", -1.0), ("eta", .nan), ("s_churn", 1e9), ("s_noise", .infinity), ("s_tmin", -1), ("s_tmax", .nan),
    ])
    func amountsOfNoiseOutOfRangeAreRefused(_ field: String, _ value: Double) throws {
        var configuration = try configuration(.euler)
        switch field {
        case "eta": configuration.fresh.eta = value
        case "s_churn": configuration.fresh.churn = value
        case "s_noise": configuration.fresh.scale = value
        case "s_tmin": configuration.fresh.minimumSigma = value
        default: configuration.fresh.maximumSigma = value
        }
        do throws(SamplingError) {
            _ = try SamplingRun(configuration, stepCount: 3)
            Issue.record("not refused")
        } catch {
            #expect(error.description.hasPrefix(field))
        }
    }
}
