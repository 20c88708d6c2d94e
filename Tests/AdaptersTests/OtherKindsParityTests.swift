import DaguerreAdapters
import DaguerreTensors
import TestSupport
import Testing

/// LoRA's relatives, against peft and, where it has them not, torch by LyCORIS' formulas.
@Suite struct OtherKindsParityTests {
    private func expectParity(
        _ file: String, as example: String? = nil, weight: Double = 1, kind: AdapterKind, _ way: Way
    ) throws {
        let fixture = try AdapterFixture(on: way.backend())
        let adapter = try fixture.bound(file)
        #expect(adapter.receipt.kinds[kind.rawValue] ?? 0 > 0)
        let output = try fixture.output(.unet, with: [(adapter, AdapterWeights(weight))], policy: way.policy)
        expectClose(
            output, try fixture.expected["\(example ?? file).unet"],
            Tolerances.module(fixture.backend.activationType), "\(file)")
    }

    @Test(arguments: Way.all, ["loha-plain", "loha-tucker"])
    func kohyaLoHaMatchesPeft(_ way: Way, _ file: String) throws {
        try expectParity(file, kind: .loha, way)
    }

    @Test(arguments: Way.all)
    func diffusersLoHaMatchesPeft(_ way: Way) throws {
        try expectParity("peft-loha", as: "loha-plain", kind: .loha, way)
    }

    @Test(arguments: Way.all, ["lokr-plain", "lokr-tucker", "lokr-both"])
    func kohyaLoKrMatchesPeft(_ way: Way, _ file: String) throws {
        try expectParity(file, kind: .lokr, way)
    }

    @Test(arguments: Way.all)
    func diffusersLoKrMatchesPeft(_ way: Way) throws {
        try expectParity("peft-lokr", as: "lokr-plain", kind: .lokr, way)
    }

    @Test(arguments: Way.all, ["diffusers-dora", "kohya-dora"])
    func doraMatchesPeft(_ way: Way, _ file: String) throws {
        try expectParity(file, as: "dora", kind: .dora, way)
    }

    @Test(arguments: Way.all)
    func doraOfInputsMatchesTorch(_ way: Way) throws {
        try expectParity("dora-inputs", kind: .dora, way)
        try expectParity("dora-inputs", as: "dora-inputs-weighted", weight: 0.6, kind: .dora, way)
    }

    @Test(arguments: Way.all)
    func fullAndNormDifferencesMatchTorch(_ way: Way) throws {
        try expectParity("full", kind: .full, way)
        try expectParity("full", kind: .norm, way)
    }
}
