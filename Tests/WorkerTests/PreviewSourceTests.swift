import Daguerre
import DaguerreImaging
import DaguerreJobs
import DaguerreRegistry
import DaguerreWorker
import TestSupport
import Testing

/// What previews of jobs are made by.
///
/// The decoder is of random weights: scripts/fixtures/tiny_autoencoders.py.
@Suite struct PreviewSourceTests {
    private static let taesd = "tiny-autoencoders/taesd"

    /// Jobs of `model` that draw 512 × 256 pixels: decoded, a preview has as many, else 256 × 128.
    private func request(_ model: String?) -> JobRequest {
        var request = Bench.request()
        (request.width, request.height, request.previews, request.model) = (512, 256, true, model)
        return request
    }

    private func bench(
        _ source: PreviewSource, _ change: (inout EngineSettings) -> Void = { _ in }
    ) throws -> Bench {
        let bench = try Bench {
            $0.previewSource = source
            $0.previewInterval = .zero
            change(&$0)
        }
        try bench.copy("pipelines/tiny", to: "checkpoints/tiny")
        return bench
    }

    private func previews(_ model: String?, _ bench: Bench) async throws -> [Image] {
        _ = try await bench.images(request(model))
        return try bench.takeReports().compactMap(\.preview).map { try ImageFile.decode($0.bytes).image }
    }

    private func widths(_ model: String?, _ bench: Bench) async throws -> Set<Int> {
        Set(try await previews(model, bench).map(\.width))
    }

    @Test func automaticTakesTheDecoderForTheModelsLatentsAndNoOther() async throws {
        let bench = try bench(.automatic)
        #expect(try await widths("tiny", bench) == [256])
        // One for other latents, and one that says nothing of what it is for.
        try bench.copy(Self.taesd, to: "vae_approx/taesdxl")
        try bench.copy(Self.taesd + "/original.safetensors", to: "vae_approx/my-decoder.safetensors")
        #expect(try await widths("tiny", bench) == [256])
        try bench.copy(Self.taesd + "/original.safetensors", to: "vae_approx/taesd_decoder.safetensors")
        #expect(try await widths("tiny", bench) == [512])
        // The built-in model's latents are its own.
        #expect(try await widths("builtin", bench) == [256])
    }

    @Test func aNamedOneIsForEveryModelAndLinearForNone() async throws {
        let named = try bench(.path(Fixture.path(Self.taesd)))
        for model in ["tiny", "builtin"] { #expect(try await widths(model, named) == [512]) }
        let linear = try bench(.linear)
        try linear.copy(Self.taesd, to: "vae-approx/taesd")
        #expect(try await widths("tiny", linear) == [256])
    }

    @Test func oneThatCannotBeReadLeavesLinearPreviews() async throws {
        let bench = try bench(.automatic)
        try bench.write([("1.weight", HostTensor([1], shape: [1]))], to: "vae_approx/taesd_decoder.safetensors")
        #expect(try await widths("tiny", bench) == [256])
    }

    @Test func decodedPreviewsUnderAPolicyShowNothing() async throws {
        let checker = Fixture.path("pictures/safety-checker")
        func previews(_ action: SafetyPolicy.Action) async throws -> [Image] {
            let bench = try bench(.path(Fixture.path(Self.taesd))) {
                $0.safety = SafetyPolicy(action, checkerPath: checker)
            }
            _ = try await bench.run(request("tiny"))
            return try bench.takeReports().compactMap(\.preview).map { try ImageFile.decode($0.bytes).image }
        }
        #expect(try await previews(.block).isEmpty)
        let (shown, blurred) = (try await previews(.off), try await previews(.blur))
        #expect(shown.count >= 3 && blurred.count == shown.count)
        for (open, veiled) in zip(shown, blurred) {
            #expect(open.width == 512 && veiled.width == 512)
            // As near as two files with loss come.
            #expect(veiled.meanDifference(from: open.beyondRecognition) < 3)
            #expect(veiled.meanDifference(from: open) > 6)
        }
    }

    @Test func previewsTakeNoMoreThanTheirShareOfTheTime() async throws {
        var request = Bench.request(steps: 40)
        request.previews = true
        // A sampler may evaluate the model more often than it has steps.
        for (share, count) in [(1.0, 40...80), (0.001, 1...1)] {
            let bench = try bench(.linear) { $0.previewShare = share }
            _ = try await bench.images(request)
            #expect(count.contains(bench.takeReports().compactMap(\.preview).count))
        }
    }
}

extension Image {
    /// The mean difference of the samples of two pictures of one size.
    fileprivate func meanDifference(from other: Image) -> Double {
        let sum = zip(pixels, other.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        return Double(sum) / Double(max(pixels.count, 1))
    }
}
