import DaguerreModels
import DaguerreTensors
import TestSupport
import Testing

@Suite struct UNetParityTests {
    @Test(arguments: BackendUnderTest.allCases)
    func stableDiffusion1MatchesDiffusers(_ kind: BackendUnderTest) throws {
        try expectParity("unet-sd1", cases: ["odd", "even"], on: kind)
    }

    @Test(arguments: BackendUnderTest.allCases)
    func stableDiffusion2WithAListForEverySettingMatchesDiffusers(_ kind: BackendUnderTest) throws {
        try expectParity("unet-sd2", cases: ["odd", "wide"], on: kind)
    }

    @Test(arguments: BackendUnderTest.allCases)
    func guidanceEmbeddingWithoutMiddleBlockMatchesDiffusers(_ kind: BackendUnderTest) throws {
        try expectParity("unet-lcm", cases: ["odd"], on: kind)
    }

    @Test(arguments: BackendUnderTest.allCases)
    func middleBlockWithoutAttentionMatchesDiffusers(_ kind: BackendUnderTest) throws {
        try expectParity("unet-plain-middle", cases: ["odd"], on: kind)
    }

    @Test(arguments: BackendUnderTest.allCases)
    func stableDiffusionXLMatchesDiffusers(_ kind: BackendUnderTest) throws {
        try expectParity("unet-xl", cases: ["odd"], on: kind)
    }

    @Test(arguments: BackendUnderTest.allCases)
    func refinerMatchesDiffusers(_ kind: BackendUnderTest) throws {
        try expectParity("unet-refiner", cases: ["odd"], on: kind)
    }

    @Test func aRowOfTimeStatesForTheWholeBatchEqualsOneForEachSample() throws {
        let fixture = try ModelFixture("unet-sd1")
        let backend = try BackendUnderTest.cpuFloat32.make()
        let unet = try unet(fixture, on: backend)
        let latents = try backend.upload(nhwc(fixture.expected["odd.latents"]), as: .float32)
        let context = try backend.upload(fixture.expected["odd.context"], as: backend.activationType)
        let text = try unet.textStates(context, on: backend)
        let shared = try unet(latents, time: unet.timeStates([17], on: backend), text: text, on: backend)
        let each = try unet(latents, time: unet.timeStates([17, 17], on: backend), text: text, on: backend)
        try expectClose(shared, backend.download(each), .exact, on: backend)
    }

    private func expectParity(_ name: String, cases: [String], on kind: BackendUnderTest) throws {
        let fixture = try ModelFixture(name)
        let backend = try kind.make()
        let unet = try unet(fixture, on: backend)
        for example in cases {
            let input = { (key: String) in try fixture.expected["\(example).\(key)"] }
            let guidance = fixture.expected.has("\(example).guidance") ? try input("guidance").floats.first : nil
            let timesteps = try input("timesteps").floats.map(Double.init)
            let time: TimeStates
            if fixture.expected.has("\(example).pooled") {
                // Each prompt's timestep in a schedule of one, then the rows of both.
                let numbers = try input("numbers")
                let each = try timesteps.indices.map { row in
                    try unet.timeStates(
                        [timesteps[row]],
                        added: AddedConditions(
                            pooled: backend.upload(input("pooled").slice(row..<row + 1), as: .float32),
                            numbers: [numbers.slice(row..<row + 1).floats.map(Double.init)]), on: backend)
                }
                time = try TimeStates(joining: each, on: backend)
            } else {
                time = try unet.timeStates(timesteps, guidance: guidance.map(Double.init), on: backend)
            }
            let text = try unet.textStates(backend.upload(input("context"), as: backend.activationType), on: backend)
            let latents = try backend.upload(nhwc(input("latents")), as: .float32)
            let output = try backend.download(unet(latents, time: time, text: text, on: backend))
            expectClose(
                nchw(output), try input("output"), Tolerances.module(backend.activationType), "\(name), \(example)")
        }
    }

    private func unet(_ fixture: ModelFixture, on backend: some Backend) throws -> UNet {
        let configuration = try fixture.configuration(UNetConfiguration.self)
        return try buildModel(of: fixture.files, on: backend) { try UNet(configuration, from: $0) }
    }
}
