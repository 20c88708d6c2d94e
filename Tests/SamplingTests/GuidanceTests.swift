import DaguerreReference
import DaguerreSampling
import DaguerreTensors
import TestSupport
import Testing

@Suite struct GuidanceTests {
    private let backend = ReferenceBackend()

    private func combine(_ unconditional: [Float], _ conditional: [Float], _ scale: Double, rescale: Double) throws
        -> HostTensor
    {
        let shape: Shape = [2, 1, 2, 2]
        return try backend.download(
            Guidance.combine(
                unconditional: backend.upload(HostTensor(unconditional, shape: shape), as: .float32),
                conditional: backend.upload(HostTensor(conditional, shape: shape), as: .float32), scale: scale,
                rescale: rescale, on: backend))
    }

    private let without: [Float] = [0.5, -1, 2, 0.25, 1, 1, -3, 0.125]
    private let with: [Float] = [1, -0.5, 1.75, -2, 0.5, 4, -1, 2]

    @Test func guidanceMovesAwayFromTheUnconditional() throws {
        // 0.5 + 3·(1 − 0.5) and so on: exact in float32.
        expectClose(
            try combine(without, with, 3, rescale: 0),
            HostTensor([2, 0.5, 1.25, -6.5, -0.5, 10, 3, 5.75], shape: [2, 1, 2, 2]), .exact)
    }

    /// `rescale_noise_cfg` of diffusers 0.42.1 in float64 on the same numbers, `guidance_rescale=0.7`.
    @Test func rescaleTakesTheExcessOfEachSampleBack() throws {
        expectClose(
            try combine(without, with, 3, rescale: 0.7),
            HostTensor(
                [
                    1.193466971, 0.298366743, 0.745916857, -3.878767656, -0.318512318, 6.370246351,
                    1.911073905, 3.662891652,
                ], shape: [2, 1, 2, 2]), .elementwise(absolute: 1e-6, relative: 1e-6))
    }
}
