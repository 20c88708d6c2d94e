import DaguerreCPU
import DaguerreCheckpoints
import DaguerreMeter
import DaguerreModels
import DaguerrePipelines
import DaguerrePixels
import DaguerreTensors
import TestSupport
import Testing

/// Previews by a tiny autoencoder.
///
/// Fixtures: scripts/fixtures/tiny_autoencoders.py, diffusers 0.42.1 in float32.
@Suite struct DecodedPreviewTests {
    private var expected: Fixture { get throws { try Fixture("tiny-autoencoders/taesd/expected") } }

    private func taesd(on backend: any Backend) throws -> TinyAutoencoder {
        try TinyAutoencoderSource(path: Fixture.path("tiny-autoencoders/taesd")).autoencoder(on: backend)
    }

    private func pixels(_ image: Image) -> HostTensor {
        HostTensor(image.pixels.map(Float.init), shape: [1, image.height, image.width, 3])
    }

    /// Latents that are too many are made fewer as torch does it: 83 in a row are 64.
    @Test(arguments: ["odd", "one", "long"])
    func aPictureIsTheOneThatDiffusersDecodes(_ name: String) throws {
        let fixture = try expected
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let latents = nhwc(try fixture["\(name).latents"]).slice(0..<1)
        let preview = try DecodedPreview(taesd(on: backend))(latents, on: backend)
        expectClose(pixels(preview), try fixture["\(name).picture"].slice(0..<1), Tolerances.image)
        if name == "long" { #expect((preview.width, preview.height) == (512, 24)) }
    }

    @Test func inHalfPrecisionItIsNear() throws {
        let fixture = try expected
        let backend = try CPUBackend(precision: .bfloat16, threads: 2)
        let preview = try DecodedPreview(taesd(on: backend))(nhwc(fixture["odd.latents"]).slice(0..<1), on: backend)
        expectClose(pixels(preview), try fixture["odd.picture"].slice(0..<1), .relativeL2(2e-2))
    }

    /// What is expected after the last step is what comes out.
    @Test func theLastPreviewOfARunIsItsLatentsDecoded() throws {
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let model = try diffusionModel(tinyModel(), on: backend)
        let pipeline = DiffusionPipeline(model, preview: KeptLatentPreview(decoder: try taesd(on: backend))) {
            (model.autoencoder, backend)
        }
        let request = try PipelineFixture("runs/euler").request
        var last: [Int: Image] = [:]
        let result = try pipeline(request, on: backend) { progress in
            if case .step(let step, let preview) = progress { last[step.image] = try preview() }
        }
        let found = (0..<request.count).compactMap { last[$0] }
        #expect(found.count == request.count)
        let values = found.flatMap { $0.pixels.map(Float.init) }
        expectClose(
            HostTensor(values, shape: [request.count, request.height, request.width, 3]),
            try expected["run.picture"], Tolerances.image)
        let unseen = try PipelinesTests.pipeline(tinyModel(), on: backend)(request, on: backend)
        #expect(result.images == unseen.images)
    }

    @Test func numbersThatAreNoneAreBlackAndTrapNothing() throws {
        let backend = try CPUBackend(precision: .float32, threads: 1)
        let scratch = try ScratchFolder()
        let path = scratch.path + "/nan.safetensors"
        for value in [Float.nan, .infinity, -.infinity, 1e38] {
            let tensors = TinyDecoderFile.tensors(channels: 4).map { name, tensor in
                (name: name, tensor: name == "19.bias" ? HostTensor([value, 0, 0], shape: [3]) : tensor)
            }
            try SafetensorsWriter.write(tensors, to: path)
            let preview = try DecodedPreview(TinyAutoencoderSource(path: path).autoencoder(on: backend))(
                HostTensor(Array(repeating: 0.5, count: 24), shape: [1, 2, 3, 4]), on: backend)
            let reds = stride(from: 0, to: preview.pixels.count, by: 3).map { preview.pixels[$0] }
            #expect(reds == Array(repeating: value.isFinite ? 255 : 0, count: 24 * 16), "\(value)")
        }
        let latents = HostTensor(Array(repeating: Float.nan, count: 24), shape: [1, 2, 3, 4])
        let preview = try DecodedPreview(taesd(on: backend))(latents, on: backend)
        #expect((preview.width, preview.height) == (24, 16))
    }

    /// What the decoder's documentation states of the published shape.
    @Test func theCostIsBounded() throws {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/taesd_decoder.safetensors"
        try TinyDecoderFile.write(to: path)
        let meter = MeterBackend(precision: .bfloat16)
        let preview = DecodedPreview(try TinyAutoencoderSource(path: path).autoencoder(on: meter))
        func cost(_ height: Int, _ width: Int) throws -> (flops: Int, bytes: Int) {
            meter.reset()
            let latents = HostTensor([Float](repeating: 0, count: height * width * 4), shape: [1, height, width, 4])
            _ = try preview(latents, on: meter)
            return (meter.report.flops.total, meter.report.peakBytes - meter.report.weightBytes)
        }
        let square = try cost(64, 64)
        #expect(abs(Double(square.flops) / 4096 - 31.07e6) < 0.01e6, "\(square.flops)")
        #expect(square.flops < 128_000_000_000 && square.bytes < 160 << 20, "\(square)")
        for (height, width) in [(128, 128), (1024, 1024), (64, 1000), (1000, 3)] {
            let other = try cost(height, width)
            #expect(other.flops <= square.flops && other.bytes <= square.bytes, "\(height) × \(width): \(other)")
        }
    }

    @Test func aRehearsalForetellsThePeakWithPreviews() throws {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/wide.safetensors"
        try TinyDecoderFile.write(to: path, channels: 128)
        let source = try TinyAutoencoderSource(path: path)
        let backend = try CPUBackend(precision: .float32, threads: 2)
        let folder = try tinyModel()
        var request = try PipelineFixture("runs/euler").request
        (request.count, request.steps) = (1, 2)
        let meter = MeterBackend(
            precision: .float32,
            memoryModel: MemoryModel(
                threadCount: 2, usesVendorLibrary: backend.vendorLibrary != nil,
                instructionSet: CPUBackend.instructionSet))
        func pipeline(on backend: any Backend) throws -> DiffusionPipeline {
            let model = try diffusionModel(folder, on: backend)
            let decoder = try source.autoencoder(on: backend)
            return DiffusionPipeline(model, preview: KeptLatentPreview(decoder: decoder)) {
                (model.autoencoder, backend)
            }
        }
        let shapes = try pipeline(on: meter)
        meter.reset()
        try shapes.rehearse([request], on: meter)
        let without = meter.report
        meter.reset()
        try shapes.rehearse([request], on: meter) { _, progress in
            if case .step(_, let preview) = progress { _ = try meter.uncounted(preview) }
        }
        let with = meter.report
        // Arithmetic is that of the run alone.
        #expect(with.flops == without.flops && with.bytesRead == without.bytesRead)
        #expect(with.peakBytes > without.peakBytes)
        let drawing = try pipeline(on: backend)
        backend.resetPeak()
        _ = try drawing(request, on: backend) { if case .step(_, let preview) = $0 { _ = try preview() } }
        let ratio = Double(with.peakBytes) / Double(backend.memory.peakBytes)
        #expect(abs(ratio - 1) < 0.1, "foretold \(with.peakBytes), held \(backend.memory.peakBytes)")
    }
}
