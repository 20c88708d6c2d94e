import DaguerreCheckpoints
import DaguerreModels
import DaguerreTensors
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/controls.py, diffusers 0.42.1 in float32.
@Suite struct T2IAdapterParityTests {
    @Test(arguments: BackendUnderTest.allCases)
    func fullAdapterMatchesDiffusers(_ kind: BackendUnderTest) throws {
        try expectParity("t2i-full", unet: ("unet", "controls"), on: kind)
    }

    @Test(arguments: BackendUnderTest.allCases)
    func lightAdapterOfAGreyPictureMatchesDiffusers(_ kind: BackendUnderTest) throws {
        try expectParity("t2i-light", unet: nil, on: kind)
    }

    @Test(arguments: BackendUnderTest.allCases)
    func adapterOfXLWhoseLastFeatureIsForTheMiddleMatchesDiffusers(_ kind: BackendUnderTest) throws {
        try expectParity("t2i-xl", unet: ("unet-xl", "models"), on: kind)
    }

    @Test func aPictureThatBlocksDoNotFillIsRefusedNotTrapped() throws {
        let backend = try BackendUnderTest.cpuFloat32.make()
        let model = try ModelFixture("t2i-xl", in: "controls")
        let configuration = try model.configuration(T2IAdapterConfiguration.self)
        let adapter = try buildModel(of: model.files, on: backend) { try T2IAdapter(configuration, from: $0) }
        let picture = HostTensor(Array(repeating: 0, count: 24 * 32 * 3), shape: [1, 24, 32, 3])
        let error = #expect(throws: ModelError.self) { try adapter(picture, on: backend) }
        #expect(error?.description.contains("32 × 24, expected multiples of 16") == true)
    }

    @Test func aNetworkForGreySeesTheRedOfColours() throws {
        let backend = try BackendUnderTest.cpuFloat32.make()
        let model = try ModelFixture("t2i-light", in: "controls")
        let configuration = try model.configuration(T2IAdapterConfiguration.self)
        let adapter = try buildModel(of: model.files, on: backend) { try T2IAdapter(configuration, from: $0) }
        let grey = HostTensor((0..<16 * 24).map { Float($0 % 13) / 12 }, shape: [1, 16, 24, 1])
        let colours = HostTensor(grey.floats.flatMap { [$0, $0, $0] }, shape: [1, 16, 24, 3])
        let features = try [grey, colours].map { try backend.download(adapter($0, on: backend)[0]) }
        expectClose(features[0], features[1], .exact)
    }

    private func expectParity(
        _ name: String, unet: (name: String, folder: String)?, on kind: BackendUnderTest
    ) throws {
        let backend = try kind.make()
        let tolerance = Tolerances.module(backend.activationType)
        let model = try ModelFixture(name, in: "controls")
        let expected = model.expected
        let configuration = try model.configuration(T2IAdapterConfiguration.self)
        let adapter = try buildModel(of: model.files, on: backend) { try T2IAdapter(configuration, from: $0) }
        let bytes = nhwc(try expected["hint"])
        let features = try adapter(HostTensor(bytes.floats.map { $0 / 255 }, shape: bytes.shape), on: backend)
        for (index, feature) in features.enumerated() {
            expectClose(
                nchw(try backend.download(feature)), try expected["feature.\(index)"], tolerance,
                "\(name), feature \(index)")
        }
        #expect(!expected.has("feature.\(features.count)"))

        guard let unet else { return }
        let files = try DiskModelFolder(path: Fixture.path("\(unet.folder)/\(unet.name)"))
        let shape = try files.decode(UNetConfiguration.self, file: "config.json")
        try configuration.requireFit(to: shape, pixels: 8)
        let denoiser = try buildModel(of: files, on: backend) { try UNet(shape, from: $0) }
        var added: AddedConditions?
        if expected.has("pooled") {
            let numbers = try expected["numbers"]
            added = AddedConditions(
                pooled: try backend.upload(expected["pooled"], as: .float32),
                numbers: (0..<2).map { numbers.slice($0..<$0 + 1).floats.map(Double.init) })
        }
        let output = try denoiser(
            backend.upload(nhwc(expected["latents"]), as: .float32),
            time: denoiser.timeStates([501], added: added, on: backend),
            text: denoiser.textStates(backend.upload(expected["context"], as: backend.activationType), on: backend),
            control: ControlResiduals(features: features, factor: 0.8), on: backend)
        expectClose(nchw(try backend.download(output)), try expected["output"], tolerance, "\(name), output")
    }
}
