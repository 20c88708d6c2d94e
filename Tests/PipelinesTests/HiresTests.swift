import DaguerreCPU
import DaguerrePipelines
import DaguerrePixels
import DaguerreSampling
import DaguerreTensors
import TestSupport
import Testing

/// A second pass at a larger size.
@Suite struct HiresTests {
    private let backend: CPUBackend
    private let pipeline: DiffusionPipeline
    private var request: DiffusionRequest

    init() throws {
        backend = try CPUBackend(precision: .float32, threads: 2)
        pipeline = try PipelinesTests.pipeline(tinyModel(), on: backend)
        request = try PipelineFixture("runs/euler-ancestral").request
        request.count = 1
        request.steps = 6
    }

    private func hires(_ enlargement: HiresPass.Enlargement, strength: Double = 0.6) -> HiresPass {
        HiresPass(
            size: PixelSize(width: request.width + 32, height: request.height + 40), enlargement: enlargement,
            strength: strength)
    }

    @Test func overPixelsItIsImageToImageOfTheEnlargedPicture() throws {
        let first = try pipeline(request, on: backend)
        let pass = hires(.pixels(.lanczos))
        var second = request
        second.width = pass.size.width
        second.height = pass.size.height
        second.start = ImageStart(
            try #require(first.images.first).resized(
                width: pass.size.width, height: pass.size.height, filter: .lanczos), entry: .strength(pass.strength))
        var both = request
        both.hires = pass
        let result = try pipeline(both, on: backend)
        expectClose(result.latents, try pipeline(second, on: backend).latents, .exact)
        #expect(result.images.first?.width == pass.size.width)
    }

    @Test(arguments: LatentFilter.Kind.allCases)
    func overLatentsItGoesOnFromTheEnlargedOnes(_ kind: LatentFilter.Kind) throws {
        let first = try pipeline(request, on: backend).latents
        var both = request
        both.hires = hires(.latents(LatentFilter(kind)), strength: 0.2)
        let result = try pipeline(both, on: backend)
        let size = PixelSize(width: request.width + 32, height: request.height + 40)
        #expect(result.latents.shape == [1, 4, size.height / 8, size.width / 8])
        // One step of six changes little.
        let enlarged = nhwc(first).resized(height: size.height / 8, width: size.width / 8, LatentFilter(kind))
        let near = Difference(nhwc(result.latents), enlarged, .relativeL2(0.5))
        #expect(near.isWithinTolerance, "\(near)")
        #expect(!Difference(nhwc(result.latents), enlarged, .relativeL2(1e-3)).isWithinTolerance)
    }

    @Test func itsStepsAreCountedAndReported() throws {
        var both = request
        both.hires = hires(.latents(LatentFilter(.bilinear)), strength: 0.5)
        both.hires?.steps = 4
        var indices: [Int] = []
        var counts: Set<Int> = []
        _ = try pipeline(both, on: backend) { progress in
            if case .step(let step, _) = progress {
                indices.append(step.index)
                counts.insert(step.count)
            }
        }
        #expect(indices == Array(0..<8))
        #expect(counts == [8])
    }

    @Test func aSizeThatTheModelCannotDrawIsRefusedByName() throws {
        var both = request
        both.hires = HiresPass(
            size: PixelSize(width: 100, height: 96), enlargement: .pixels(.lanczos), strength: 0.5)
        let error = #expect(throws: PipelineError.self) { try pipeline(both, on: backend) }
        #expect(error?.description.contains("hires width is 100") == true)
    }
}
