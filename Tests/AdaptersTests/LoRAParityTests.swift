import DaguerreAdapters
import DaguerreTensors
import TestSupport
import Testing

/// LoRA in every dialect, against diffusers' own loaders and peft.
@Suite struct LoRAParityTests {
    /// Expects `file` to change `components` as the reference's `example` does.
    private func expectParity(
        _ file: String, as example: String? = nil, components: [AdapterComponent] = [.unet, .textEncoder],
        weights: AdapterWeights = AdapterWeights(), isXL: Bool = false, _ way: Way
    ) throws {
        let fixture = try AdapterFixture(isXL: isXL, on: way.backend())
        let adapter = try fixture.bound(file)
        for component in components {
            let name = component == .unet && isXL ? "unet-xl" : component.rawValue
            let output = try fixture.output(component, with: [(adapter, weights)], policy: way.policy)
            expectClose(
                output, try fixture.expected["\(example ?? file).\(name)"],
                Tolerances.module(fixture.backend.activationType), "\(file), \(name)")
        }
    }

    @Test(arguments: Way.all)
    func kohyaWithDiffusersBlockNamesMatchesDiffusers(_ way: Way) throws {
        try expectParity("kohya-sd1", way)
    }

    @Test(arguments: Way.all)
    func apartWeightsForUNetAndTextEncoderMatchDiffusers(_ way: Way) throws {
        try expectParity(
            "kohya-sd1", as: "kohya-sd1-weighted", weights: AdapterWeights(unet: 0.7, textEncoder: -0.4), way)
    }

    @Test(arguments: Way.all)
    func kohyaWithLatentDiffusionBlockNamesMatchesDiffusers(_ way: Way) throws {
        try expectParity("kohya-sd1-ldm", as: "kohya-sd1", way)
    }

    @Test(arguments: Way.all)
    func xlWithStabilityBlockNamesMatchesDiffusers(_ way: Way) throws {
        try expectParity("kohya-xl-sgm", components: AdapterComponent.allCases, isXL: true, way)
    }

    @Test(arguments: Way.all)
    func xlWithDiffusersBlockNamesMatchesDiffusers(_ way: Way) throws {
        try expectParity("kohya-xl-diffusers", components: AdapterComponent.allCases, isXL: true, way)
    }

    @Test(arguments: Way.all)
    func oldAttentionProcessorsMatchDiffusers(_ way: Way) throws {
        try expectParity("diffusers-old", way)
    }

    @Test(arguments: Way.all)
    func loraLayersOfDiffusersMatchDiffusers(_ way: Way) throws {
        try expectParity("diffusers-lora-layers", way)
    }

    @Test(arguments: Way.all)
    func peftKeysOfDiffusersMatchDiffusers(_ way: Way) throws {
        try expectParity("diffusers-peft", way)
    }

    /// alpha, alpha by module, and ranks' roots, from the header.
    @Test(arguments: Way.all)
    func scalesInTheMetadataOfDiffusersMatchDiffusers(_ way: Way) throws {
        try expectParity("diffusers-peft-metadata", way)
    }

    /// alpha from `adapter_config.json`; convolutions, halving, doubling and time layers too.
    @Test(arguments: Way.all)
    func aPeftFolderMatchesPeft(_ way: Way) throws {
        try expectParity("peft-lora/adapter_model", as: "peft-lora", components: [.unet], way)
    }

    @Test(arguments: Way.all)
    func aPeftFileOfATextEncoderMatchesPeft(_ way: Way) throws {
        try expectParity("peft-text", components: [.textEncoder], way)
    }

    /// LCM-LoRA is such a file: all of kohya's modules, convolutions among them.
    @Test(arguments: Way.all)
    func kohyaWithConvolutionsMatchesPeft(_ way: Way) throws {
        try expectParity("kohya-locon", as: "peft-lora", components: [.unet], way)
    }

    @Test(arguments: Way.all)
    func convolutionsInThreePartsMatchTorch(_ way: Way) throws {
        try expectParity("locon-middle", components: [.unet], way)
    }

    /// The name of peft's adapter stands in the keys; without a configuration the scale is 1, not alpha's 2 ÷ 3.
    @Test(arguments: Way.all)
    func peftKeysWithTheAdaptersNameMatchPeft(_ way: Way) throws {
        try expectParity(
            "peft-default-name", as: "peft-lora", components: [.unet], weights: AdapterWeights(2 / 3), way)
    }

    @Test(arguments: Way.all)
    func twoAtOnceWithWeightsOfTheirOwnMatchDiffusers(_ way: Way) throws {
        let fixture = try AdapterFixture(on: way.backend())
        let adapters = [
            (try fixture.bound("kohya-sd1"), AdapterWeights(unet: 0.6, textEncoder: 0.5)),
            (try fixture.bound("kohya-second"), AdapterWeights(unet: -0.3, textEncoder: 1.2)),
        ]
        for component in [AdapterComponent.unet, .textEncoder] {
            let output = try fixture.output(component, with: adapters, policy: way.policy)
            expectClose(
                output, try fixture.expected["kohya-two.\(component.rawValue)"],
                Tolerances.module(fixture.backend.activationType), "\(component)")
        }
    }
}
