import DaguerreCheckpoints
import DaguerreModels
import DaguerreTensors
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/controls.py, diffusers 0.42.1 in float32.
@Suite struct ControlNetParityTests {
    @Test(arguments: BackendUnderTest.allCases)
    func controlNetOfStableDiffusionMatchesDiffusers(_ kind: BackendUnderTest) throws {
        try ControlCase("controlnet", unet: ("unet", "controls"), on: kind).expectParity()
    }

    @Test(arguments: BackendUnderTest.allCases)
    func globalPoolingAndBlueFirstMatchDiffusers(_ kind: BackendUnderTest) throws {
        try ControlCase("controlnet-pooled", weights: "controlnet", unet: ("unet", "controls"), on: kind)
            .expectPooledParity()
    }

    @Test(arguments: BackendUnderTest.allCases)
    func controlNetOfXLWithFewerTransformerBlocksMatchesDiffusers(_ kind: BackendUnderTest) throws {
        try ControlCase("controlnet-xl", unet: ("unet-xl", "models"), on: kind).expectParity()
    }

    @Test(arguments: BackendUnderTest.allCases)
    func controlNetOfXLWithoutTransformersMatchesDiffusers(_ kind: BackendUnderTest) throws {
        try ControlCase("controlnet-small", unet: ("unet-xl", "models"), on: kind).expectParity()
    }

    @Test func aControlOfWeightZeroChangesNothing() throws {
        let example = try ControlCase("controlnet", unet: ("unet", "controls"), on: .cpuFloat32)
        let none = try example.output(control: nil)
        let zero = try example.output(control: example.control(weight: 0))
        expectClose(zero, none, .exact)
    }

    @Test func theNegativePromptsHalfIsUntouchedWhereOnlyThePromptHears() throws {
        let example = try ControlCase("controlnet", unet: ("unet", "controls"), on: .cpuFloat32)
        let none = try example.output(control: nil)
        for mode in [ControlMode.controlIsMoreImportant, .guess] {
            let controlled = try example.output(control: example.control(mode: mode))
            expectClose(controlled.slice(0..<1), none.slice(0..<1), .exact, "\(mode)")
            #expect(controlled.slice(1..<2).floats != none.slice(1..<2).floats, "\(mode)")
        }
    }
}

extension ControlNetParityTests {
    @Test func aPictureOfAnotherSizeIsRefusedNotTrapped() throws {
        let example = try ControlCase("controlnet", unet: ("unet", "controls"), on: .cpuFloat32)
        let picture = HostTensor(Array(repeating: 0.5, count: 64 * 40 * 3), shape: [1, 64, 40, 3])
        let error = #expect(throws: ModelError.self) { try example.control(picture: picture) }
        #expect(error?.description.contains("40 × 64, expected 40 × 56") == true, "\(error.debugDescription)")

        let wrong = ControlResiduals(
            features: [try example.backend.upload(HostTensor([1, 2, 3, 4], shape: [1, 1, 1, 4]), as: .float32)],
            factor: 1)
        _ = try example.output(control: wrong)  // one pixel is for all
        let other = ControlResiduals(
            features: [try example.backend.upload(HostTensor([1, 2, 3, 4], shape: [1, 2, 2, 1]), as: .float32)],
            factor: 1)
        #expect(throws: ModelError.self) { try example.output(control: other) }
    }

    @Test func severalPromptsWithoutANegativeOneAllHearOfTheControl() throws {
        let example = try ControlCase("controlnet", unet: ("unet", "controls"), on: .cpuFloat32)
        let all = try example.control(mode: .controlIsMoreImportant, hasNegative: false)
        let heard = try example.output(control: all)
        let none = try example.output(control: nil)
        for row in 0..<2 { #expect(heard.slice(row..<row + 1).floats != none.slice(row..<row + 1).floats) }
    }
}

/// A ControlNet, a UNet, and inputs that both halves of guidance share.
struct ControlCase {
    let fixture: Fixture
    let backend: any Backend
    let unet: UNet
    let net: ControlNet
    private let name: String

    init(
        _ name: String, weights: String? = nil, unet: (name: String, folder: String), on kind: BackendUnderTest
    ) throws {
        self.name = name
        let backend = try kind.make()
        let model = try ModelFixture(name, in: "controls")
        let configuration = try model.configuration(ControlNetConfiguration.self)
        let stored = try weights.map { try DiskModelFolder(path: Fixture.path("controls/\($0)")) } ?? model.files
        net = try buildModel(of: stored, on: backend) { try ControlNet(configuration, from: $0) }
        let files = try DiskModelFolder(path: Fixture.path("\(unet.folder)/\(unet.name)"))
        let shape = try files.decode(UNetConfiguration.self, file: "config.json")
        self.unet = try buildModel(of: files, on: backend) { try UNet(shape, from: $0) }
        try configuration.requireFit(to: shape)
        fixture = model.expected
        self.backend = backend
    }

    private var tolerance: Tolerance { Tolerances.module(backend.activationType) }

    /// Of all prompts, or those from `first` on.
    private func added(from first: Int = 0) throws -> AddedConditions? {
        guard fixture.has("pooled") else { return nil }
        let (pooled, numbers) = (try fixture["pooled"], try fixture["numbers"])
        let rows = first..<pooled.shape[0]
        return AddedConditions(
            pooled: try backend.upload(pooled.slice(rows), as: .float32),
            numbers: rows.map { numbers.slice($0..<$0 + 1).floats.map(Double.init) })
    }

    private func latents() throws -> Tensor { try backend.upload(nhwc(fixture["latents"]), as: .float32) }

    private func picture(_ key: String) throws -> HostTensor {
        let bytes = nhwc(try fixture[key])
        return HostTensor(bytes.floats.map { $0 / 255 }, shape: bytes.shape)
    }

    func control(
        _ hint: String = "hint", picture other: HostTensor? = nil, weight: Double = 0.7, mode: ControlMode = .balanced,
        hasNegative: Bool = true
    ) throws -> ControlResiduals {
        let context = try fixture["context"]
        let latents = try latents()
        let isDivided = hasNegative && net.prompts(mode) == .conditional && context.shape[0] > latents.shape[0]
        let first = isDivided ? latents.shape[0] : 0
        return try net(
            latents, hint: net.hint(other ?? picture(hint), on: backend),
            time: net.timeStates([501], added: added(from: first), on: backend),
            text: net.textStates(
                backend.upload(context.slice(first..<context.shape[0]), as: backend.activationType), on: backend),
            weight: weight, mode: mode, on: backend)
    }

    func output(control: ControlResiduals?) throws -> HostTensor {
        let output = try unet(
            latents(), time: unet.timeStates([501], added: added(), on: backend),
            text: unet.textStates(backend.upload(fixture["context"], as: backend.activationType), on: backend),
            control: control, on: backend)
        return nchw(try backend.download(output))
    }

    /// The residuals themselves, and what the UNet makes of them, of two ControlNets, and in guess mode.
    func expectParity() throws {
        try expectResiduals(control(), "balanced")
        expectClose(try output(control: control()), try fixture["balanced.output"], tolerance, "\(name), balanced")
        try expectResiduals(control(mode: .guess), "guess")
        expectClose(
            try output(control: control(mode: .guess)), try fixture["guess.output"], tolerance, "\(name), guess")
        let both = try control() + control("hint2", weight: 0.4)
        expectClose(try output(control: both), try fixture["both.output"], tolerance, "\(name), both")
    }

    func expectPooledParity() throws {
        try expectResiduals(control(), "balanced")
        expectClose(try output(control: control()), try fixture["balanced.output"], tolerance, "\(name), pooled")
        let guess = try output(control: control(mode: .guess))
        expectClose(guess, try fixture["balanced.output"], tolerance, "\(name), pooling has no guess mode of its own")
    }

    private func expectResiduals(_ control: ControlResiduals, _ key: String) throws {
        let residuals = try control.scaled(on: backend)
        for (index, residual) in residuals.skips.enumerated() {
            try expectResidual(residual, fixture["\(key).\(index)"], "\(name), \(key), skip \(index)")
        }
        #expect(!fixture.has("\(key).\(residuals.skips.count)"))
        try expectResidual(residuals.middle, fixture["\(key).middle"], "\(name), \(key), middle")
    }

    /// What samples share is stored once here, and for each prompt there.
    private func expectResidual(_ actual: Tensor, _ expected: HostTensor, _ comment: Comment) throws {
        let rows = actual.shape[0]
        let found = nchw(try backend.download(actual))
        for first in stride(from: 0, to: expected.shape[0], by: rows) {
            expectClose(found, expected.slice(first..<first + rows), tolerance, comment)
        }
    }
}
