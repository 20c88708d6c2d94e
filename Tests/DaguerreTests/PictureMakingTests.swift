import Daguerre
import DaguerreImaging
import DaguerrePipelines
import DaguerreSampling
import DaguerreTensors
import Testing

/// What a picture's file says of how it was made.
@Suite struct PictureMakingTests {
    private let options = EngineOptions(precision: .float32, threads: 1)

    /// A request that says something of nearly every setting that needs no further file.
    private var rich: GenerationRequest {
        var request = GenerationRequest("an apple, (red:1.3)", seed: 41)
        request.negativePrompt = "blurry"
        (request.width, request.height, request.steps, request.guidance) = (64, 72, 7, 3.5)
        (request.sampler, request.schedule) = ("euler a", "karras")
        request.random = .torch
        request.variation = SeedVariation(seed: 9, strength: 0.25)
        request.seedSize = PixelSize(width: 64, height: 64)
        (request.promptOptions.clipSkip, request.promptOptions.emphasis) = (2, .noNorm)
        request.tiling = .horizontal
        request.conditions.originalSize = PixelSize(width: 512, height: 256)
        request.conditions.crop = PixelSize(width: 3, height: 4)
        request.conditions.aestheticScore = 7.5
        request.guidanceRescale = 0.5
        var fresh = FreshNoise()
        (fresh.eta, fresh.scale) = (0.75, 1.5)
        request.fresh = fresh
        var hires = HiresRequest(.pixels(PixelSize(width: 128, height: 144)))
        (hires.steps, hires.sampler, hires.enlargement) = (3, "dpm++ 2m", HiresUpscaler.lanczos.enlargement)
        request.hires = hires
        return request
    }

    /// The text that `daguerre generate` wrote of the same options at 0.1.0.
    @Test func everySettingIsWorded() async throws {
        let model = try await Model.builtin(options: options)
        let text = PictureMaking(model).infotext(of: try model.resolve(rich), rich).text
        let digest = model.digest.prefix(10)
        #expect(
            text == """
                an apple, (red:1.3)
                Negative prompt: blurry
                Steps: 7, Sampler: Euler a, Schedule type: Karras, CFG scale: 3.5, Seed: 41, Size: 64x72, \
                Model hash: \(digest), Model: builtin, Variation seed: 9, Variation seed strength: 0.25, \
                Seed resize from: 64x64, Denoising strength: 0.7, Clip skip: 2, Emphasis: No norm, \
                Tiling axis: horizontal, Original size: 512x256, Crop left: 3, Crop top: 4, Aesthetic score: 7.5, \
                Hires resize: 128x144, Hires steps: 3, Hires upscaler: Lanczos, Hires sampler: DPM++ 2M, \
                Hires schedule type: Karras, Eta: 0.75, Sigma noise: 1.5, CFG rescale: 0.5, RNG: CPU, \
                Version: daguerre 0.1.0
                """)
    }

    @Test func whatIsWrittenOfASettingIsReadBack() async throws {
        let model = try await Model.builtin(options: options)
        let info = Infotext(parsing: PictureMaking(model).infotext(of: try model.resolve(rich), rich).text)
        #expect(info.isOurs)
        #expect(RandomSource(info) == .torch)
        #expect(PromptOptions.Emphasis(info) == .noNorm)
        #expect(try TilingAxes(info) == .horizontal)
        #expect(try FreshNoise(info) == rich.fresh)
        #expect(try PictureConditions(info) == rich.conditions)
        let hires = try #require(try HiresRequest(info))
        #expect(hires.size == rich.hires?.size && hires.enlargement == rich.hires?.enlargement)
        #expect(hires.steps == 3 && hires.strength == 0.7 && hires.sampler == "DPM++ 2M" && hires.schedule == "Karras")
    }

    @Test(arguments: HiresUpscaler.allCases)
    func everyUpscalerHasANameThatIsReadBack(upscaler: HiresUpscaler) {
        #expect(HiresUpscaler(infotextName: upscaler.infotextName) == upscaler)
        #expect(HiresUpscaler(upscaler.enlargement) == upscaler)
    }

    @Test func anUnknownUpscalerIsRefusedWithTheNamesThatThereAre() throws {
        let info = Infotext(prompt: "", fields: [.init(.hiresUpscale, "2"), .init(.hiresUpscaler, "Magic")])
        let error = #expect(throws: ImagingError.self) { try HiresRequest(info) }
        #expect(error?.description.contains("Hires upscaler is \"Magic\", expected one of Latent, ") == true)
    }

    @Test(arguments: [nil, SeedVariation(seed: 100, strength: 0.5)])
    func aPictureOfSeveralIsSaidToBeMadeAsItWouldBeAlone(variation: SeedVariation?) async throws {
        let model = try await Model.builtin(options: options)
        var request = GenerationRequest("a cat", seed: 7)
        (request.count, request.variation) = (3, variation)
        var alone = GenerationRequest("a cat", seed: variation == nil ? 9 : 7)
        alone.variation = variation.map { SeedVariation(seed: $0.seed + 2, strength: $0.strength) }
        let made = PictureMaking(model)
        #expect(
            made.infotext(of: try model.resolve(request), request, picture: 2)
                == made.infotext(of: try model.resolve(alone), alone))
    }
}
