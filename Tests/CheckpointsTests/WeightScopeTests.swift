import DaguerreCheckpoints
import DaguerreTensors
import Testing

@Suite struct WeightScopeTests {
    private func store() throws -> WeightStore {
        let header =
            "{" + entry("blocks.0.conv.weight", "U8", "[1]", 0, 1) + ","
            + entry("blocks.0.linear.weight", "F16", "[1,2,1,1]", 1, 5) + ","
            + entry("blocks.0.linear.bias", "F16", "[1]", 5, 7) + ","
            + entry("blocks.1.linear.weight", "F16", "[1,2]", 7, 11) + ","
            + entry("position_ids", "I64", "[1]", 11, 19) + "}"
        return try WeightStore(files: [open(safetensorsBytes(header, [UInt8](repeating: 0, count: 19)))])
    }

    @Test func aScopeFollowsThePath() throws {
        let root = WeightScope(WeightLedger(try store(), file: "unet"), backend: NoBackend())
        let linear = root["blocks"][0]["linear"]
        #expect(root.path.isEmpty && linear.path == "blocks.0.linear")
        #expect(linear.has("bias") && !root["blocks"][1]["linear"].has("bias"))
        #expect(linear.shape(of: "weight") == [1, 2, 1, 1] && linear.shape(of: "scale") == nil)
        let prefixed = WeightScope(WeightLedger(try store(), file: "unet"), backend: NoBackend(), prefix: "blocks")
        #expect(prefixed[1].path == "blocks.1")
    }

    @Test func aMatrixAndAUnitKernelStandForEachOther() throws {
        let blocks = WeightScope(WeightLedger(try store(), file: "unet"), backend: NoBackend())["blocks"]
        #expect(blocks[0]["linear"].tensor("weight", [1, 2]).shape == [1, 2])
        #expect(blocks[0]["linear"].tensor("weight", [1, 2, 1, 1]).shape == [1, 2, 1, 1])
        #expect(blocks[1]["linear"].tensor("weight", [1, 2, 1, 1]).shape == [1, 2, 1, 1])
        #expect(!blocks[1]["linear"].tensor("weight", [1, 2]).isShapeOnly)
    }

    @Test func verifyListsAllThatIsWrongAtOnce() throws {
        let ledger = WeightLedger(try store(), file: "unet")
        let root = WeightScope(ledger, backend: NoBackend())
        #expect(root["blocks"][0]["linear"].tensor("weight", [2, 1]).isShapeOnly)
        #expect(root["blocks"][0]["conv"].tensor("weight", [1]).isShapeOnly)
        #expect(root["blocks"][2].tensor("scale", [4]).shape == [4])
        #expect(root["blocks"][1]["linear"].tensor("weight", [1, 2]).floats == [0, 0])
        ledger.ignore { $0.hasSuffix("position_ids") }
        let expected = CheckpointError.unusable(
            file: "unet", missing: ["blocks.2.scale"],
            misshapen: [
                "blocks.0.conv.weight: expected [1], found [1] of uint8",
                "blocks.0.linear.weight: expected [2, 1], found [1, 2, 1, 1]",
            ],
            unread: ["blocks.0.linear.bias"])
        #expect(throws: expected) { try ledger.verify() }
        #expect(!expected.description.contains("\n"))
    }

    @Test func aLoadThatReadsEverythingPasses() throws {
        let store = try store()
        for _ in 0..<2 {
            let ledger = WeightLedger(store, file: "unet")
            let root = WeightScope(ledger, backend: NoBackend())
            ledger.ignore { $0.contains("conv") || $0 == "position_ids" }
            _ = root["blocks"][0]["linear"].tensor("weight", [1, 2])
            _ = root["blocks"][0]["linear"].tensor("bias", [1])
            #expect(throws: CheckpointError.self) { try ledger.verify() }
            _ = root["blocks"][1]["linear"].tensor("weight", [1, 2])
            try ledger.verify()
        }
    }

    @Test func oneTensorInTwoFilesIsRefused() throws {
        let bytes = HostBytes(copying: safetensorsBytes("{\(entry("a", "U8", "[1]", 0, 1))}", [0]))
        let files = [
            try SafetensorsFile(name: "1.safetensors", bytes: bytes),
            try SafetensorsFile(name: "2.safetensors", bytes: bytes),
        ]
        #expect(throws: CheckpointError.duplicateTensor(key: "a", files: ["1.safetensors", "2.safetensors"])) {
            try WeightStore(files: files)
        }
    }
}
