import DaguerreCheckpoints
import DaguerreMeter
import DaguerreModels
import DaguerrePipelines
import DaguerreTensors
import FoundationEssentials
import TestSupport
import Testing

@Suite struct DiffusionModelTests {
    /// The tiny model's parts with the text encoder of another, 28 channels wide.
    @Test func partsThatDoNotFitAreRefusedWithTheFieldThatIsWrong() throws {
        let meter = MeterBackend(precision: .float32)
        let tiny = try diffusionModel(tinyModel(), on: meter)
        let folder = try DiskModelFolder(path: Fixture.path("models/clip-b"))
        let configuration = try folder.decode(CLIPTextConfiguration.self, file: "config.json")
        let stranger = try buildModel(of: folder, base: "model", on: meter) {
            try CLIPTextEncoder(configuration, hasProjection: true, from: $0)
        }
        let width = tiny.text.width
        try #require(configuration.width != width)
        #expect(
            throws: PipelineError.invalid(
                field: "cross_attention_dim of the UNet", found: "\(width)",
                expected: "\(configuration.width) as the text encoder has")
        ) {
            try DiffusionModel(
                text: TextStack([.init(tokenizer: tiny.text.parts[0].tokenizer, encoder: stranger)], layer: .last),
                unet: tiny.unet, autoencoder: tiny.autoencoder,
                sampler: tiny.sampler)
        }
    }

    @Test func anAutoencoderOfOneColourIsRefused() throws {
        let folder = try tinyModel()
        let meter = MeterBackend(precision: .float32)
        let json = #"{"block_out_channels": [8, 8, 16, 16], "norm_num_groups": 4, "out_channels": 1}"#
        let configuration = try JSONDecoder().decode(AutoencoderConfiguration.self, from: Data(json.utf8))
        let store = try WeightStore(files: [])
        let gray = try Autoencoder(
            configuration, from: WeightScope(WeightLedger(store, file: "vae"), backend: meter))
        let error = #expect(throws: PipelineError.self) {
            try diffusionModel(folder, on: meter, autoencoder: gray)
        }
        #expect(error?.description.contains("out_channels of the autoencoder") == true)
    }
}
