import DaguerreCheckpoints
import DaguerreMeter
import DaguerreModels
import DaguerreTensors
import Testing

/// Expected: torch 2.15.0 `FlopCounterMode` over diffusers 0.42.1 models on torch's meta device, at 512×512.
///
/// torch counts a convolution after a doubling at 36 products per small pixel and channels, we count 16.
@Suite struct StableDiffusionTests {
    let meter = MeterBackend(precision: .bfloat16)

    /// A scope whose tensors have the shapes that a model asks for, and no bytes.
    func emptyScope() throws -> WeightScope {
        WeightScope(WeightLedger(try WeightStore(files: []), file: "none"), backend: meter)
    }

    func configuration<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
        try decodeConfiguration(type, Array(text.utf8), file: "config.json")
    }

    /// What the four-phase form saves over `pixels` of the small image.
    func saving(pixels: Int, channels: Int) -> Int { 2 * (36 - 16) * pixels * channels * channels }

    @Test func aGuidedStepOfTheUNetCountsAsTorchCounts() throws {
        let unet = try UNet(configuration(UNetConfiguration.self, #"{"cross_attention_dim": 768}"#), from: emptyScope())
        #expect(meter.report.parameterCount == 859_520_964)
        let time = try unet.timeStates([1, 1], on: meter)
        let text = try unet.textStates(meter.upload(shapeOnly([2, 77, 768]), as: .bfloat16), on: meter)
        let latents = try meter.upload(shapeOnly([2, 64, 64, 4]), as: .bfloat16)
        let out = try unet(latents, time: time, text: text, on: meter)
        #expect(out.shape == [2, 64, 64, 4])
        let flops = meter.report.flops
        #expect(flops.attention == 252_104_540_160)
        let saved =
            saving(pixels: 2 * 8 * 8, channels: 1280) + saving(pixels: 2 * 16 * 16, channels: 1280)
            + saving(pixels: 2 * 32 * 32, channels: 640)
        #expect(flops.total == 1_606_546_882_560 - saved)
    }

    @Test func theAutoencoderCountsAsTorchCounts() throws {
        let text = """
            {"block_out_channels": [128, 256, 512, 512], "layers_per_block": 2,
             "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
             "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"]}
            """
        let autoencoder = try Autoencoder(configuration(AutoencoderConfiguration.self, text), from: emptyScope())
        #expect(meter.report.parameterCount == 83_653_863)
        let pixels = try autoencoder.decode(meter.upload(shapeOnly([1, 64, 64, 4]), as: .bfloat16), on: meter)
        #expect(pixels.shape == [1, 512, 512, 3])
        let saved =
            saving(pixels: 64 * 64, channels: 512) + saving(pixels: 128 * 128, channels: 512)
            + saving(pixels: 256 * 256, channels: 256)
        #expect(meter.report.flops.total == 2_514_518_933_504 - saved)
        #expect(meter.report.flops.attention == 34_359_738_368)
        meter.reset()
        _ = try autoencoder.encode(meter.upload(shapeOnly([1, 512, 512, 3]), as: .bfloat16), on: meter)
        #expect(meter.report.flops.total == 1_116_658_466_816)
    }
}
