import DaguerreAdapters
import DaguerreReference
import DaguerreTensors
import TestSupport
import Testing

/// From adapters and weights to what each component runs on.
@Suite struct RequestAdaptersTests {
    private let fixture: AdapterFixture

    init() throws { fixture = try AdapterFixture(on: ReferenceBackend()) }

    private func request(_ adapters: [(adapter: BoundAdapter, weights: AdapterWeights)]) throws -> RequestAdapters {
        try RequestAdapters(adapters, prepared: PreparedAdapters(fixture.target))
    }

    @Test func eachComponentHasItsBackend() throws {
        let request = try request([(fixture.bound("kohya-sd1"), AdapterWeights(unet: 0.7, textEncoder: -0.4))])
        let denoiser = request.backend(for: .unet, over: fixture.backend, evaluations: 1)
        let text = request.backend(for: .textEncoder, over: fixture.backend, evaluations: 1)
        let tolerance = Tolerances.module(.float32)
        expectClose(
            nchw(try fixture.denoised(on: denoiser)), try fixture.expected["kohya-sd1-weighted.unet"], tolerance)
        expectClose(
            try fixture.encoded(.textEncoder, on: text), try fixture.expected["kohya-sd1-weighted.text_encoder"],
            tolerance)
        #expect(request.receipts.map(\.file) == ["kohya-sd1.safetensors"])
    }

    @Test func whatNothingChangesRunsOnTheBase() throws {
        let unetOnly = try request([(fixture.bound("kohya-sd1"), AdapterWeights(unet: 1, textEncoder: 0))])
        for component in AdapterComponent.allCases {
            let backend = unetOnly.backend(for: component, over: fixture.backend, policy: .merged)
            #expect((backend is AdaptedBackend) == (component == .unet))
        }
        #expect(!(try request([]).backend(for: .unet, over: fixture.backend, evaluations: 20) is AdaptedBackend))
    }

    /// The fixtures' two images: one with the adapter, one without.
    @Test func theRequestsOfABatchAreApart() throws {
        let (with, without) = (try request([(fixture.bound("kohya-sd1"), AdapterWeights())]), try request([]))
        let batch = RequestAdapters.backend(
            for: .unet, ofBatch: [without, with], over: fixture.backend, policy: .sidePath)
        let together = try fixture.denoised(on: batch)
        let base = try fixture.denoised(on: fixture.backend)
        let adapted = try fixture.denoised(on: with.backend(for: .unet, over: fixture.backend, policy: .sidePath))
        expectClose(together.slice(0..<1), base.slice(0..<1), .exact)
        expectClose(together.slice(1..<2), adapted.slice(1..<2), .exact)
        let none = RequestAdapters.backend(
            for: .unet, ofBatch: [without, without], over: fixture.backend, policy: .sidePath)
        #expect(!(none is AdaptedBackend))
    }
}
