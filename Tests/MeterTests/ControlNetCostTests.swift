import DaguerreCheckpoints
import DaguerreMeter
import DaguerreModels
import DaguerreTensors
import Testing

/// What a ControlNet costs beside the UNet, in Stable Diffusion 1.5's shapes at 512×512.
///
/// Expected: torch 2.15.0 `FlopCounterMode` over diffusers 0.42.1 `ControlNetModel` on torch's meta device.
@Suite struct ControlNetCostTests {
    let meter = MeterBackend(precision: .bfloat16)

    private func controlNet() throws -> ControlNet {
        let scope = WeightScope(WeightLedger(try WeightStore(files: []), file: "none"), backend: meter)
        let text = #"{"cross_attention_dim": 768}"#
        let configuration = try decodeConfiguration(
            ControlNetConfiguration.self, Array(text.utf8), file: "config.json")
        return try ControlNet(configuration, from: scope)
    }

    /// Counts one step of `samples` latents for `prompts` prompts, hint, time and text left out.
    private func stepFLOPs(_ net: ControlNet, samples: Int, prompts: Int) throws -> Int {
        let hint = try net.hint(shapeOnly([1, 512, 512, 3]), on: meter)
        let time = try net.timeStates([1], on: meter)
        let text = try net.textStates(meter.upload(shapeOnly([prompts, 77, 768]), as: .bfloat16), on: meter)
        let latents = try meter.upload(shapeOnly([samples, 64, 64, 4]), as: .bfloat16)
        meter.reset()
        _ = try net(latents, hint: hint, time: time, text: text, on: meter)
        return meter.report.flops.total
    }

    @Test func aStepCountsAsTorchCountsAndNeitherHintNorTextIsComputedAgain() throws {
        let net = try controlNet()
        #expect(meter.report.parameterCount == 361_279_120)
        meter.reset()
        _ = try net.hint(shapeOnly([2, 512, 512, 3]), on: meter)
        let hint = meter.report.flops.total
        meter.reset()
        _ = try net.timeStates([1, 1], on: meter)
        _ = try net.textStates(meter.upload(shapeOnly([2, 77, 768]), as: .bfloat16), on: meter)
        let conditions = meter.report.flops.total
        #expect(hint + conditions + (try stepFLOPs(net, samples: 2, prompts: 2)) == 566_583_951_360)
    }

    @Test func whatBothHalvesOfGuidanceShareIsComputedOnce() throws {
        let net = try controlNet()
        let apart = try stepFLOPs(net, samples: 2, prompts: 2)
        let shared = try stepFLOPs(net, samples: 1, prompts: 2)
        let promptAlone = try stepFLOPs(net, samples: 1, prompts: 1)
        #expect(promptAlone * 2 == apart)
        // The first convolution with its projection, a residual block with its, and a self-attention with all before it.
        #expect(apart - shared > apart / 20, "\(apart - shared) of \(apart)")
    }
}
