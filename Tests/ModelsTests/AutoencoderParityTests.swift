import DaguerreModels
import DaguerreTensors
import TestSupport
import Testing

@Suite struct AutoencoderParityTests {
    @Test(arguments: BackendUnderTest.allCases)
    func autoencoderOfStableDiffusionMatchesDiffusers(_ kind: BackendUnderTest) throws {
        try expectParity("vae-a", cases: ["odd", "even"], on: kind)
    }

    @Test(arguments: BackendUnderTest.allCases)
    func autoencoderWithoutAttentionAndQuantisationMatchesDiffusers(_ kind: BackendUnderTest) throws {
        try expectParity("vae-b", cases: ["odd"], on: kind)
    }

    @Test func factorsAreThoseOfTheConfiguration() throws {
        let configuration = try ModelFixture("vae-b").configuration(AutoencoderConfiguration.self)
        #expect(configuration.scalingFactor == 0.13)
        #expect(configuration.shiftFactor == 0.25)
        #expect(configuration.scale == 4)
        #expect(!configuration.forceUpcast)
    }

    private func expectParity(_ name: String, cases: [String], on kind: BackendUnderTest) throws {
        let fixture = try ModelFixture(name)
        let backend = try kind.make()
        let configuration = try fixture.configuration(AutoencoderConfiguration.self)
        let autoencoder = try buildModel(of: fixture.files, on: backend) {
            try Autoencoder(configuration, from: $0)
        }
        let tolerance = Tolerances.module(backend.activationType)
        for example in cases {
            let input = { (key: String) in try fixture.expected["\(example).\(key)"] }
            let latents = try backend.upload(nhwc(input("latents")), as: .float32)
            let decoded = try backend.download(autoencoder.decode(latents, on: backend))
            expectClose(nchw(decoded), try input("decoded"), tolerance, "\(name), \(example), decoded")

            let pixels = try backend.upload(nhwc(input("pixels")), as: .float32)
            let posterior = try autoencoder.encode(pixels, on: backend)
            expectClose(nchw(posterior.mean), try input("mean"), tolerance, "\(name), \(example), mean")
            expectClose(
                nchw(posterior.logVariance), try input("logvar"), tolerance, "\(name), \(example), log variance")
        }
    }
}
