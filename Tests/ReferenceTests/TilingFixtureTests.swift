import DaguerreReference
import DaguerreTensors
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/tiling.py, torch 2.15.0 in float64 with `padding_mode="circular"`, seed 20261125.
@Suite struct TilingFixtureTests {
    /// Both sides sum in double and round once.
    let oneRounding = Tolerance.elementwise(absolute: 1e-6, relative: 1e-6)

    @Test(arguments: [
        ("plain", 1, Padding(1)), ("point", 1, Padding(0)), ("wide", 1, Padding(2)), ("stride.odd", 2, Padding(1)),
        ("stride.even", 2, Padding(1)), ("stride.wide", 2, Padding(2)), ("stride.point", 2, Padding(0)),
        ("asymmetric", 2, Padding(top: 0, left: 0, bottom: 1, right: 1)),
        ("asymmetric.odd", 2, Padding(top: 0, left: 0, bottom: 1, right: 1)), ("row", 1, Padding(1)),
        ("pixel", 1, Padding(2)), ("column.stride", 2, Padding(2)), ("addends", 1, Padding(1)),
        ("addends.stride", 2, Padding(1)),
    ])
    func periodicConvolutionEqualsTorch(name: String, stride: Int, padding: Padding) throws {
        let fixture = try Fixture("tiling/operations")
        for (key, axes) in TilingFixture.axes {
            let backend = TilingBackend(ReferenceBackend(), axes: axes)
            let weight = try backend.prepareConvolution(
                name, weight: fixture["\(name).weight"], bias: fixture["\(name).bias"], stride: stride,
                padding: padding)
            let x = try backend.upload(fixture["\(name).x"], as: .float32)
            let addends = try ["shift", "residual"].map { operand in
                let key = "\(name).\(operand)"
                return fixture.has(key) ? try backend.upload(fixture[key], as: .float32) : nil
            }
            let out = try backend.convolution(
                x, weight, shift: addends[0], residual: addends[1],
                activation: addends[0] == nil ? .identity : .silu)
            try expectClose(out, fixture["\(name).\(key)"], oneRounding, on: backend, "\(key)")
        }
    }

    @Test(arguments: ["up.double", "up.odd", "up.mixed", "up.same", "up.pixel"])
    func periodicConvolutionOfAnEnlargementEqualsTorch(name: String) throws {
        let fixture = try Fixture("tiling/operations")
        for (key, axes) in TilingFixture.axes {
            let backend = TilingBackend(ReferenceBackend(), axes: axes)
            let expected = try fixture["\(name).\(key)"]
            let weight = try backend.prepareUpsampleConvolution(
                name, weight: fixture["\(name).weight"], bias: fixture["\(name).bias"])
            let out = try backend.upsampleConvolution(
                backend.upload(fixture["\(name).x"], as: .float32), weight, height: expected.shape[1],
                width: expected.shape[2])
            try expectClose(out, expected, oneRounding, on: backend, "\(key)")
        }
    }

    @Test func withoutAnAxisNothingChanges() throws {
        let fixture = try Fixture("tiling/operations")
        let plain = ReferenceBackend()
        let weight = try plain.prepareConvolution(
            "plain", weight: fixture["plain.weight"], bias: fixture["plain.bias"], stride: 1, padding: Padding(1))
        let x = try plain.upload(fixture["plain.x"], as: .float32)
        let out = try TilingBackend(plain, axes: []).convolution(x, weight)
        try expectClose(out, plain.download(plain.convolution(x, weight)), .exact, on: plain)
    }
}
