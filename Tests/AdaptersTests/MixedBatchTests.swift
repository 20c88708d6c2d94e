import DaguerreAdapters
import DaguerreCheckpoints
import DaguerreModels
import DaguerreReference
import DaguerreTensors
import TestSupport
import Testing

/// A batch of images with different adapters: each is what it is alone.
@Suite struct MixedBatchTests {
    /// Alone and in company: bits on the reference; elsewhere matrix products may add in another order for another
    /// number of rows.
    private func tolerance(_ way: Way) -> Tolerance {
        switch way.place {
        case .reference: .exact
        case .cpuFloat32, .cpuOwnKernels: .relativeL2(1e-6)
        case .cpuBFloat16: .relativeL2(1e-2)
        }
    }

    /// Images without, with one, with the other, and with both adapters; with guidance every image has two prompts.
    @Test(arguments: Way.all, [false, true])
    func eachImageIsWhatItIsAlone(way: Way, isGuided: Bool) throws {
        let batch = try MixedBatch(on: way.backend(), isGuided: isGuided)
        let first = try batch.fixture.bound("kohya-sd1")
        let second = try batch.fixture.bound("loha-plain")
        let adapters: [[(adapter: BoundAdapter, weights: AdapterWeights)]] = [
            [], [(first, AdapterWeights(0.8))], [(second, AdapterWeights(-0.5))],
            [(first, AdapterWeights(0.3)), (second, AdapterWeights())],
        ]
        // The reference's time layers are adapted by LoHa: their rows are steps, so each image has its own.
        let together = try batch.run(adapters, policy: way.policy)
        for (sample, adapters) in adapters.enumerated() {
            let alone = try batch.run([adapters], samples: sample..<sample + 1, policy: way.policy)
            for (row, image) in alone.enumerated() {
                expectClose(together[sample + 4 * row], image, tolerance(way), "image \(sample), prompt \(row)")
            }
        }
        // The adapters differ in what they make, else the comparison shows nothing.
        #expect(!Difference(together[1], together[0], .relativeL2(0.05)).isWithinTolerance)
        #expect(!Difference(together[2], together[0], .relativeL2(0.05)).isWithinTolerance)
    }

    @Test func layersOfTheTimeEmbeddingThatDifferAreRefused() throws {
        let backend = ReferenceBackend()
        let batch = try MixedBatch(on: backend, isGuided: false)
        let adapter = try batch.fixture.bound("loha-plain")
        let samples = try [[], [(adapter: adapter, weights: AdapterWeights())]].map {
            try LayerAdaptations($0, of: .unet)
        }
        let adapted = AdaptedBackend(
            backend, samples: samples, prepared: PreparedAdapters(batch.fixture.target), policy: .sidePath)
        let error = try #require(throws: AdapterError.self) { _ = try batch.unet.timeStates([3], on: adapted) }
        guard case .differsBetweenSamples(let layer) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(layer.hasSuffix("time_emb_proj"))
    }

    /// Equal adapters are one batch like any other.
    @Test func equalSamplesShareTheirTimes() throws {
        let backend = ReferenceBackend()
        let batch = try MixedBatch(on: backend, isGuided: false)
        let adapter = try batch.fixture.bound("loha-plain")
        let sample = try LayerAdaptations([(adapter, AdapterWeights())], of: .unet)
        let prepared = PreparedAdapters(batch.fixture.target)
        let one = AdaptedBackend(backend, sample, prepared: prepared, policy: .merged)
        let two = AdaptedBackend(backend, samples: [sample, sample], prepared: prepared, policy: .merged)
        expectClose(try batch.fixture.denoised(on: two), try batch.fixture.denoised(on: one), .exact)
    }
}

/// Four images' latents and prompts for the fixtures' denoiser.
private struct MixedBatch {
    let fixture: AdapterFixture
    let unet: UNet
    private let isGuided: Bool
    private let latents: [HostTensor]
    private let contexts: [HostTensor]

    init(on backend: any Backend, isGuided: Bool) throws {
        fixture = try AdapterFixture(on: backend)
        unet = fixture.unet
        self.isGuided = isGuided
        let images = nhwc(try fixture.expected["latents"])
        let texts = try fixture.expected["unet.context"]
        // The fixtures have two of each; scaled they are four.
        latents = (0..<4).map { Self.scaled(images.slice($0 % 2..<$0 % 2 + 1), by: $0 < 2 ? 1 : -0.7) }
        contexts = (0..<8).map { Self.scaled(texts.slice($0 % 2..<$0 % 2 + 1), by: 1 - 0.2 * Float($0)) }
    }

    private static func scaled(_ x: HostTensor, by factor: Float) -> HostTensor {
        HostTensor(x.floats.map { factor * $0 }, shape: x.shape)
    }

    /// What the denoiser makes of `samples`, whose adapters are given; prompts without guidance, or all negative ones
    /// and then all prompts.
    func run(
        _ adapters: [[(adapter: BoundAdapter, weights: AdapterWeights)]], samples: Range<Int> = 0..<4,
        policy: AdaptationPolicy
    ) throws -> [HostTensor] {
        let backend = fixture.backend
        let prepared = PreparedAdapters(fixture.target)
        let adaptations = try adapters.map { try LayerAdaptations($0, of: .unet) }
        let adapted = AdaptedBackend(backend, samples: adaptations, prepared: prepared, policy: policy)
        let rounds = isGuided ? 2 : 1
        func joined(_ tensors: [HostTensor], as type: ElementType) throws -> Tensor {
            try backend.concatenateBatch(tensors.map { try backend.upload($0, as: type) })
        }
        let prompts = (0..<rounds).flatMap { round in samples.map { contexts[$0 + 4 * round] } }
        let text = try unet.textStates(joined(prompts, as: backend.activationType), on: adapted)
        let times = try adaptations.map { adaptation in
            try unet.timeStates(
                [741], on: AdaptedBackend(backend, adaptation, prepared: prepared, policy: policy))
        }
        // Times for each prompt need latents for each.
        let time = try TimeStates(joining: (0..<rounds).flatMap { _ in times }, on: backend)
        let x = try joined((0..<rounds).flatMap { _ in samples.map { latents[$0] } }, as: .float32)
        let output = try backend.download(unet(x, time: time, text: text, on: adapted))
        return (0..<output.shape[0]).map { output.slice($0..<$0 + 1) }
    }
}
