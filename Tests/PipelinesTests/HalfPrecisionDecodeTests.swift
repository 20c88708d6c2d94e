import DaguerreCPU
import DaguerreCheckpoints
import DaguerreModels
import DaguerrePipelines
import DaguerrePixels
import DaguerreTensors
import Glibc
import Synchronization
import TestSupport
import Testing

/// An autoencoder whose pixels are not finite is run again in float32.
@Suite struct HalfPrecisionDecodeTests {
    private let folder: DiskModelFolder
    private let half: CPUBackend
    private let float32: CPUBackend
    private let request: DiffusionRequest

    init() throws {
        folder = try tinyModel()
        half = try CPUBackend(precision: .bfloat16, threads: 2)
        float32 = try CPUBackend(precision: .float32, threads: 2)
        request = try PipelineFixture("runs/euler-ancestral").request
    }

    /// The autoencoder with a bias that is infinite, as if its last layer overflowed.
    private func overflowingAutoencoder(on backend: any Backend) throws -> Autoencoder {
        let name = "diffusion_pytorch_model.safetensors"
        let sound = try SafetensorsFile(path: Fixture.path("pipelines/tiny/vae/\(name)"))
        let tensors = try sound.entries.map { entry in
            let tensor = try #require(sound[entry.key])
            guard entry.key == "decoder.conv_out.bias" else { return (name: entry.key, tensor: tensor) }
            let infinities = [Float](repeating: .infinity, count: entry.shape.elementCount)
            return (name: entry.key, tensor: HostTensor(infinities, shape: entry.shape))
        }
        let path = "/tmp/daguerre-\(UInt64.random(in: 0 ... .max)).safetensors"
        try SafetensorsWriter.write(tensors, to: path)
        defer { unlink(path) }
        let store = try WeightStore(files: [SafetensorsFile(path: path, mapping: .read)])
        let configuration = try folder.decode(AutoencoderConfiguration.self, file: "vae/config.json")
        return try Autoencoder(configuration, from: WeightScope(WeightLedger(store, file: "vae"), backend: backend))
    }

    @Test func float32MendsEveryPictureAndIsLoadedOnce() throws {
        let loads = Mutex(0)
        let mended = try builtAutoencoder(folder, on: float32)
        let model = try diffusionModel(folder, on: half, autoencoder: overflowingAutoencoder(on: half))
        let draw = DiffusionPipeline(model) { [float32] in
            loads.withLock { $0 += 1 }
            return (mended, float32)
        }
        let result = try draw(request, on: half)
        #expect(result.images.count == 2 && loads.withLock { $0 } == 1)
        #expect(result.warnings == ["the autoencoder gave NaN in bfloat16; it was run again in float32"])
        for (index, image) in result.images.enumerated() {
            let scaled = nhwc(result.latents.slice(index..<index + 1))
            let latents = HostTensor(
                scaled.floats.map { Float(Double($0) / mended.configuration.scalingFactor) }, shape: scaled.shape)
            let decoded = try float32.download(
                mended.decode(float32.upload(latents, as: .float32), on: float32))
            let expected = decoded.floats.map { (min(max($0 / 2 + 0.5, 0), 1) * 255).rounded(.toNearestOrEven) }
            #expect(image.pixels.map(Float.init) == expected)
        }
    }

    @Test func aSoundAutoencoderIsNotRunAgain() throws {
        struct Asked: Error {}
        let draw = DiffusionPipeline(try diffusionModel(folder, on: half)) { throw Asked() }
        #expect(try draw(request, on: half).warnings.isEmpty)
    }

    @Test(arguments: [Precision.bfloat16, .float32])
    func anAutoencoderThatOverflowsInFloat32TooNamesItsLayer(precision: Precision) throws {
        let backend = precision == .bfloat16 ? half : float32
        let broken = try overflowingAutoencoder(on: float32)
        let model = try diffusionModel(folder, on: backend, autoencoder: overflowingAutoencoder(on: backend))
        let draw = DiffusionPipeline(model) { [float32] in (broken, float32) }
        #expect(throws: PipelineError.undecodable(layer: "decoder.conv_out")) { try draw(request, on: backend) }
    }
}
