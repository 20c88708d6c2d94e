import DaguerreCPU
import DaguerrePipelines
import DaguerreSampling
import DaguerreTensors
import Glibc
import TestSupport
import Testing

/// What a seed, a second one beside it, and a size of its own make of the first noise.
@Suite struct SeedTests {
    private let backend: CPUBackend
    private let pipeline: DiffusionPipeline
    private let request: DiffusionRequest

    init() throws {
        backend = try CPUBackend(precision: .float32, threads: 2)
        pipeline = try PipelinesTests.pipeline(tinyModel(), on: backend)
        var request = try PipelineFixture("runs/euler").request
        request.steps = 2
        self.request = request
    }

    @Test func aVariationOfNoStrengthIsTheSeedItself() throws {
        var varied = request
        varied.variation = SeedVariation(seed: 99, strength: 0)
        try expectClose(
            pipeline(varied, on: backend).latents, pipeline(request, on: backend).latents, .relativeL2(1e-5))
    }

    @Test func aVariationOfFullStrengthIsTheOtherSeed() throws {
        var varied = request
        varied.variation = SeedVariation(seed: 99, strength: 1)
        var other = request
        other.seed = 99
        try expectClose(
            pipeline(varied, on: backend).latents, pipeline(other, on: backend).latents, .relativeL2(1e-5))
    }

    @Test func imagesOfAVariationDifferInTheSecondSeedOnly() throws {
        var varied = request
        varied.variation = SeedVariation(seed: 99, strength: 0.4)
        varied.count = 2
        let both = try pipeline(varied, on: backend).latents
        varied.count = 1
        varied.variation?.seed = 100
        try expectClose(pipeline(varied, on: backend).latents, both.slice(1..<2), .exact)
    }

    @Test func theWayBetweenTwoNoisesKeepsTheirSpread() {
        var (first, second) = (NoiseStream(.torch, seed: 1), NoiseStream(.torch, seed: 2))
        let shape: Shape = [1, 32, 24, 4]
        let mixed = slerp(first.next(shape), second.next(shape), 0.5).floats
        let spread = (mixed.reduce(0) { $0 + $1 * $1 } / Float(mixed.count)).squareRoot()
        #expect(abs(spread - 1) < 0.05)
    }

    @Test func equalNoisesAreMixedInAStraightLine() {
        var first = NoiseStream(.torch, seed: 1)
        let noise = first.next([1, 8, 8, 4])
        expectClose(slerp(noise, noise, 0.3), noise, .elementwise(absolute: 1e-6, relative: 1e-6))
    }

    @Test func aSeedOfAnotherSizeLiesInTheMiddle() throws {
        var sized = request
        sized.seedSize = PixelSize(width: request.width - 32, height: request.height + 32)
        var (own, other) = (NoiseStream(.torch, seed: request.seed), NoiseStream(.torch, seed: request.seed))
        let (height, width) = (request.height / 8, request.width / 8)
        let (large, small) = (
            own.next([1, height, width, 4]).floats, other.next([1, height + 4, width - 4, 4]).floats
        )
        var expected = large
        for row in 0..<height {
            for column in 2..<width - 2 {
                for channel in 0..<4 {
                    expected[(row * width + column) * 4 + channel] =
                        small[((row + 2) * (width - 4) + column - 2) * 4 + channel]
                }
            }
        }
        var given = request
        given.initialLatents = nchw(HostTensor(expected, shape: [1, height, width, 4]))
        try expectClose(pipeline(sized, on: backend).latents, pipeline(given, on: backend).latents, .exact)
    }
}
