import DaguerreReference
import DaguerreTensors
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/operations.py, torch 2.15.0 in float64, diffusers 0.42.1, seed 20261123.
@Suite struct TorchFixtureTests {
    let backend = ReferenceBackend()
    /// Both sides sum in double and round once.
    let oneRounding = Tolerance.elementwise(absolute: 1e-6, relative: 1e-6)

    @Test(arguments: [
        ("plain", 1, Padding(1)), ("point", 1, Padding(0)), ("stride", 2, Padding(1)),
        ("asymmetric", 2, Padding(top: 0, left: 0, bottom: 1, right: 1)),
    ])
    func convolutionEqualsTorch(name: String, stride: Int, padding: Padding) throws {
        let fixture = try Fixture("operations")
        let key = "convolution.\(name)"
        let weight = try backend.prepareConvolution(
            key, weight: fixture["\(key).weight"],
            bias: fixture.has("\(key).bias") ? fixture["\(key).bias"] : nil, stride: stride, padding: padding)
        let out = try backend.convolution(backend.upload(fixture["\(key).x"], as: .float32), weight)
        try expectClose(out, fixture["\(key).out"], oneRounding, on: backend)
    }

    @Test(arguments: ["double", "odd"])
    func convolutionOfAnEnlargementEqualsTorch(name: String) throws {
        let fixture = try Fixture("operations")
        let key = "upsample.\(name)"
        let expected = try fixture["\(key).out"]
        let weight = try backend.prepareUpsampleConvolution(
            key, weight: fixture["\(key).weight"], bias: fixture["\(key).bias"])
        let out = try backend.upsampleConvolution(
            backend.upload(fixture["\(key).x"], as: .float32), weight, height: expected.shape[1],
            width: expected.shape[2])
        try expectClose(out, expected, oneRounding, on: backend)
    }

    @Test(arguments: [("plain", 3, Float(1e-5), Activation.identity), ("silu", 1, 1e-6, .silu)])
    func groupNormEqualsTorch(name: String, groups: Int, epsilon: Float, activation: Activation) throws {
        let fixture = try Fixture("operations")
        let key = "groupnorm.\(name)"
        let weight = try backend.prepareNorm(key, scale: fixture["\(key).scale"], shift: fixture["\(key).shift"])
        let out = try backend.groupNorm(
            backend.upload(fixture["\(key).x"], as: .float32), weight, groups: groups, epsilon: epsilon,
            activation: activation)
        try expectClose(out, fixture["\(key).out"], oneRounding, on: backend)
    }

    @Test func layerNormEqualsTorch() throws {
        let fixture = try Fixture("operations")
        let weight = try backend.prepareNorm(
            "layernorm", scale: fixture["layernorm.scale"], shift: fixture["layernorm.shift"])
        let out = try backend.layerNorm(
            backend.upload(fixture["layernorm.x"], as: .float32), weight, epsilon: 1e-5)
        try expectClose(out, fixture["layernorm.out"], oneRounding, on: backend)
    }

    @Test(arguments: [("cross", 3, false), ("causal", 2, true)])
    func attentionEqualsTorch(name: String, heads: Int, causal: Bool) throws {
        let fixture = try Fixture("operations")
        let key = "attention.\(name)"
        let operands = try ["q", "k", "v"].map { try backend.upload(fixture["\(key).\($0)"], as: .float32) }
        let out = try backend.attention(q: operands[0], k: operands[1], v: operands[2], heads: heads, causal: causal)
        try expectClose(out, fixture["\(key).out"], oneRounding, on: backend)
    }

    @Test func gegluOfTheHalvesOfOneMatrixEqualsDiffusers() throws {
        let fixture = try Fixture("operations")
        let (weight, bias) = (try fixture["geglu.weight"], try fixture["geglu.bias"])
        let outputs = weight.shape[0] / 2
        let value = try backend.prepareLinear("value", weight: weight.slice(0..<outputs), bias: bias.slice(0..<outputs))
        let gate = try backend.prepareLinear(
            "gate", weight: weight.slice(outputs..<2 * outputs), bias: bias.slice(outputs..<2 * outputs))
        let out = try backend.geglu(backend.upload(fixture["geglu.x"], as: .float32), value: value, gate: gate)
        try expectClose(out, fixture["geglu.out"], oneRounding, on: backend)
    }

    @Test(arguments: [
        (Activation.silu, "silu"), (.gelu, "gelu"), (.quickGELU, "quick"), (.relu, "relu"), (.identity, "x"),
    ])
    func activationEqualsTorch(activation: Activation, name: String) throws {
        let fixture = try Fixture("operations")
        let out = try backend.activate(backend.upload(fixture["activations.x"], as: .float32), activation)
        try expectClose(out, fixture["activations.\(name)"], oneRounding, on: backend)
    }

    @Test(arguments: [("even", true, 0.0), ("odd", false, 1), ("wide", true, 0)])
    func timestepEmbeddingEqualsDiffusers(name: String, cosineFirst: Bool, frequencyShift: Double) throws {
        let fixture = try Fixture("operations")
        let expected = try fixture["timesteps.\(name).out"]
        let out = try backend.timestepEmbedding(
            fixture["timesteps.\(name).timesteps"].floats.map(Double.init), channels: expected.shape[1],
            cosineFirst: cosineFirst, frequencyShift: frequencyShift)
        // One unit in the last place of a frequency turns the angle at timestep 999 by 6e-5.
        try expectClose(out, expected, .elementwise(absolute: 7e-5, relative: 0), on: backend)
    }
}
