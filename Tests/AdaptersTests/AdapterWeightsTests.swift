import DaguerreAdapters
import DaguerreCheckpoints
import DaguerreReference
import DaguerreTensors
import TestSupport
import Testing

/// Weights by component and by block.
@Suite struct AdapterWeightsTests {
    private let fixture: AdapterFixture

    init() throws { fixture = try AdapterFixture(on: ReferenceBackend()) }

    private func output(_ file: String, _ weights: AdapterWeights) throws -> HostTensor {
        try fixture.output(.unet, with: [(fixture.bound(file), weights)], policy: .sidePath)
    }

    /// One adapter in the middle and one elsewhere, weighed apart, are what the whole file makes of paths' factors.
    @Test func pathsWeighWhatIsBelowThem() throws {
        let blocks = try BlockWeights(paths: ["mid_block": 0.25, "down_blocks": 0, "down_blocks.0.attentions": 2])
        let names = ["unet.mid_block.attentions.0.proj_in", "unet.down_blocks.0.attentions.0.proj_in"]
        func file(_ names: [String]) throws -> BoundAdapter {
            let tensors = names.flatMap { name in
                let width = name.contains("mid") ? 12 : 8
                return [("\(name).lora_A.weight", Shape([2, width])), ("\(name).lora_B.weight", Shape([width, 2]))]
            }
            return try Adapter(adapterFile(Dictionary(uniqueKeysWithValues: tensors))).bind(to: fixture.target)
        }
        let whole = try fixture.output(
            .unet, with: [(file(names), AdapterWeights(0.5, blocks: blocks))], policy: .sidePath)
        let parts = try fixture.output(
            .unet, with: [(file([names[0]]), AdapterWeights(0.125)), (file([names[1]]), AdapterWeights(1))],
            policy: .sidePath)
        expectClose(whole, parts, .relativeL2(1e-6))
    }

    @Test func aListOfOnesChangesNothing() throws {
        let ones = try BlockWeights(list: Array(repeating: 1, count: 26))
        expectClose(
            try output("peft-lora/adapter_model", AdapterWeights(blocks: ones)),
            try output("peft-lora/adapter_model", AdapterWeights()), .exact)
    }

    /// The fixture's transformers are in IN01, M00, OUT02 and OUT03; its text encoder counts to BASE.
    @Test func aListNamesBlocksInTheOrderOfThePass() throws {
        func list(_ count: Int, _ factors: [String: Double]) throws -> BlockWeights {
            try BlockWeights(list: (BlockWeights.listNames(count: count) ?? []).map { factors[$0] ?? 0 })
        }
        let byList = try output(
            "kohya-sd1",
            AdapterWeights(blocks: list(26, ["IN01": 0.5, "M00": -1, "OUT02": 0.25, "OUT03": 2])))
        let byPath = try output(
            "kohya-sd1",
            AdapterWeights(
                blocks: BlockWeights(paths: [
                    "down_blocks.0": 0.5, "mid_block": -1, "up_blocks.1.attentions.0": 0.25,
                    "up_blocks.1.attentions.1": 2,
                ])))
        expectClose(byList, byPath, .exact)
        let base = try fixture.bound("kohya-sd1")
        let textOnly = AdapterWeights(blocks: try list(17, ["BASE": 1]))
        #expect(try LayerAdaptations([(base, textOnly)], of: .unet).isEmpty)
        #expect(try !LayerAdaptations([(base, textOnly)], of: .textEncoder).isEmpty)
    }

    @Test func listsHaveTheirLengths() throws {
        #expect(BlockWeights.listNames(count: 12)?.last == "OUT05" && BlockWeights.listNames(count: 12)?.count == 12)
        #expect(
            BlockWeights.listNames(count: 17)?[1...8].joined(separator: " ")
                == "IN01 IN02 IN04 IN05 IN07 IN08 M00 OUT03")
        for count in [12, 17, 20, 26] { #expect(BlockWeights.listNames(count: count)?.count == count) }
        #expect(
            throws: AdapterError.weight(
                field: "a list of block weights", found: "3 long", expected: "12, 17, 20 or 26 long")
        ) {
            _ = try BlockWeights(list: [1, 1, 1])
        }
    }

    @Test(arguments: [Double.nan, .infinity, 101, -101])
    func weightsThatAreNoNumbersOrTooLargeAreRefused(weight: Double) throws {
        let adapter = try fixture.bound("bundle")
        #expect(throws: AdapterError.self) { _ = try LayerAdaptations([(adapter, AdapterWeights(weight))], of: .unet) }
        #expect(throws: AdapterError.self) { _ = try BlockWeights(paths: ["mid_block": weight]) }
        #expect(throws: AdapterError.self) { _ = try BlockWeights(list: Array(repeating: weight, count: 17)) }
    }
}
