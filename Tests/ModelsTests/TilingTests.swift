import DaguerreModels
import DaguerreReference
import DaguerreTensors
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/tiling.py, diffusers 0.42.1 with every convolution's padding circular.
@Suite struct TilingTests {
    @Test(arguments: BackendUnderTest.allCases, ["unet-sd1 odd", "unet-sd1 even", "unet-plain-middle odd"])
    func aPeriodicDenoiserMatchesDiffusers(_ kind: BackendUnderTest, example: String) throws {
        let parts = example.split(separator: " ").map(String.init)
        let model = try PeriodicModel(parts[0], on: kind)
        let unet = try model.unet()
        let expected = try Fixture("tiling/\(parts[0])")
        for (key, axes) in TilingFixture.axes {
            let output = try model.denoised(
                model.fixture.expected["\(parts[1]).latents"], example: parts[1], by: unet, along: axes)
            expectClose(output, try expected["\(parts[1]).\(key)"], model.tolerance, "\(example), \(key)")
        }
    }

    @Test(arguments: BackendUnderTest.allCases)
    func aPeriodicAutoencoderMatchesDiffusers(_ kind: BackendUnderTest) throws {
        let model = try PeriodicModel("vae-a", on: kind)
        let autoencoder = try model.autoencoder()
        let expected = try Fixture("tiling/vae-a")
        let (latents, pixels) = (
            try model.fixture.expected["odd.latents"].slice(0..<1),
            try model.fixture.expected["odd.pixels"].slice(0..<1)
        )
        for (key, axes) in TilingFixture.axes {
            let decoded = try model.decoded(latents, by: autoencoder, along: axes)
            expectClose(decoded, try expected["decoded.\(key)"], model.tolerance, "decoded, \(key)")
            let mean = try model.encoded(pixels, by: autoencoder, along: axes)
            expectClose(mean, try expected["mean.\(key)"], model.tolerance, "mean, \(key)")
        }
    }

    /// Sums over all pixels, in norms and attention, are taken in another order: all that a turn changes.
    ///
    /// Operations alone are turned to the bit (`TilingParityTests`). The reference sums in double. In float32 two runs differ
    /// as each does from diffusers, by 1.2e-6 at most over all instruction sets.
    private func turned(_ kind: BackendUnderTest) -> Tolerance { .relativeL2(kind == .reference ? 1e-7 : 3e-6) }

    @Test(arguments: [BackendUnderTest.reference, .cpuFloat32, .cpuOwnKernels])
    func latentsTurnedRoundAreDenoisedTurnedRound(_ kind: BackendUnderTest) throws {
        let model = try PeriodicModel("unet-sd1", on: kind)
        let unet = try model.unet()
        let latents = try model.fixture.expected["even.latents"]
        for (_, axes) in TilingFixture.axes {
            // The model halves its images twice.
            let turn = Turn(rows: 4, columns: 4, along: axes)
            let output = try model.denoised(turn(latents), example: "even", by: unet, along: axes)
            let expected = try turn(model.denoised(latents, example: "even", by: unet, along: axes))
            expectClose(output, expected, turned(kind), "\(axes.rawValue)")
        }
        let turn = Turn(rows: 4, columns: 4, along: .both)
        let edges = Difference(
            try model.denoised(turn(latents), example: "even", by: unet, along: []),
            try turn(model.denoised(latents, example: "even", by: unet, along: [])), Tolerances.module(.bfloat16))
        #expect(!edges.isWithinTolerance, "without tiling the edges show: \(edges)")
    }

    @Test(arguments: [BackendUnderTest.reference, .cpuFloat32, .cpuOwnKernels], [(1, 0), (2, 3), (0, 4)])
    func latentsTurnedRoundAreDecodedTurnedRound(_ kind: BackendUnderTest, by steps: (rows: Int, columns: Int)) throws {
        let model = try PeriodicModel("vae-a", on: kind)
        let autoencoder = try model.autoencoder()
        let latents = try model.fixture.expected["odd.latents"]
        let pixels = try model.fixture.expected["odd.pixels"]
        for (_, axes) in TilingFixture.axes {
            let small = Turn(rows: steps.rows, columns: steps.columns, along: axes)
            let large = Turn(rows: 8 * steps.rows, columns: 8 * steps.columns, along: axes)
            let decoded = try model.decoded(small(latents), by: autoencoder, along: axes)
            let expected = try large(model.decoded(latents, by: autoencoder, along: axes))
            expectClose(decoded, expected, turned(kind), "decoded, \(axes.rawValue)")
            let mean = try model.encoded(large(pixels), by: autoencoder, along: axes)
            let expectedMean = try small(model.encoded(pixels, by: autoencoder, along: axes))
            expectClose(mean, expectedMean, turned(kind), "mean, \(axes.rawValue)")
        }
    }
}

/// Moves the first rows and columns of an image `[N, C, H, W]` to the other edge, along the axes that tile.
private struct Turn {
    let rows, columns: Int

    init(rows: Int, columns: Int, along axes: TilingAxes) {
        self.rows = axes.contains(.vertical) ? rows : 0
        self.columns = axes.contains(.horizontal) ? columns : 0
    }

    func callAsFunction(_ x: HostTensor) throws -> HostTensor {
        let backend = ReferenceBackend()
        let image = try backend.upload(nhwc(x), as: .float32)
        let turned = try backend.periodicWindow(
            image, rows: rows..<image.shape[1] + rows, columns: columns..<image.shape[2] + columns)
        return nchw(try backend.download(turned))
    }
}

/// A tiny model built once on a plain backend, and run along any axes.
private struct PeriodicModel {
    let fixture: ModelFixture
    let backend: any Backend

    init(_ name: String, on kind: BackendUnderTest) throws {
        fixture = try ModelFixture(name)
        backend = try kind.make()
    }

    var tolerance: Tolerance { Tolerances.module(backend.activationType) }

    func unet() throws -> UNet {
        let configuration = try fixture.configuration(UNetConfiguration.self)
        return try buildModel(of: fixture.files, on: backend) { try UNet(configuration, from: $0) }
    }

    func autoencoder() throws -> Autoencoder {
        let configuration = try fixture.configuration(AutoencoderConfiguration.self)
        return try buildModel(of: fixture.files, on: backend) { try Autoencoder(configuration, from: $0) }
    }

    /// What `unet` makes of `latents [N, C, H, W]` with the fixture's timesteps and text.
    func denoised(
        _ latents: HostTensor, example: String, by unet: UNet, along axes: TilingAxes
    ) throws -> HostTensor {
        let tiling = TilingBackend(backend, axes: axes)
        let time = try unet.timeStates(fixture.expected["\(example).timesteps"].floats.map(Double.init), on: tiling)
        let context = try tiling.upload(fixture.expected["\(example).context"], as: tiling.activationType)
        let x = try tiling.upload(nhwc(latents), as: .float32)
        return nchw(try tiling.download(unet(x, time: time, text: unet.textStates(context, on: tiling), on: tiling)))
    }

    func decoded(_ latents: HostTensor, by autoencoder: Autoencoder, along axes: TilingAxes) throws -> HostTensor {
        let tiling = TilingBackend(backend, axes: axes)
        return nchw(
            try tiling.download(autoencoder.decode(tiling.upload(nhwc(latents), as: .float32), on: tiling)))
    }

    func encoded(_ pixels: HostTensor, by autoencoder: Autoencoder, along axes: TilingAxes) throws -> HostTensor {
        let tiling = TilingBackend(backend, axes: axes)
        return nchw(try autoencoder.encode(tiling.upload(nhwc(pixels), as: .float32), on: tiling).mean)
    }
}
