import DaguerreCheckpoints
import DaguerreTensors
import Testing

/// Files of torch.save, sound and hostile; fixtures: scripts/fixtures/pickles.py, torch 2.15.0.
@Suite struct TorchCheckpointTests {
    private func bytes(_ name: String) throws -> [UInt8] {
        try HostBytes(path: fixturePath("pickles/" + name)).withUnsafeBytes { Array($0) }
    }

    private func open(_ name: String) throws -> PickledFile {
        let bytes = try bytes(name)
        return try PickledFile(
            name: name, bytes: HostBytes(copying: bytes), listing: TorchCheckpoint(ByteSource(bytes)).listing)
    }

    @Test(arguments: ["types", "views", "lightning", "embedding", "parameters", "parameter"])
    func everyTensorIsThatOfPyTorch(name: String) throws {
        let file = try open(name + ".ckpt")
        let expected = try SafetensorsFile(path: fixturePath("pickles/\(name).safetensors"))
        #expect(Set(file.entries.map(\.key)) == Set(expected.entries.map(\.key)))
        for entry in expected.entries {
            let (found, right) = (try #require(file[entry.key], "\(entry.key)"), try #require(expected[entry.key]))
            #expect(found.shape == right.shape && found.elementType == right.elementType, "\(entry.key)")
            let isSame = found.withUnsafeBytes { a in right.withUnsafeBytes { b in a.elementsEqual(b) } }
            #expect(isSame, "\(entry.key)")
        }
        let store = try WeightStore(files: [file])
        #expect(store.keys == expected.entries.map(\.key).sorted())
    }

    @Test func theStepOfTheTrainingIsKept() throws {
        #expect(try open("lightning.ckpt").metadata == ["global_step": "875000"])
        #expect(try open("types.ckpt").metadata.isEmpty)
    }

    @Test(arguments: [
        ("system", "the name posix.system"), ("eval", "the name builtins.eval"), ("instance", "INST (0x69)"),
        ("object", "OBJ (0x6f)"), ("persistent", "PERSID (0x50)"), ("extension", "EXT1 (0x82)"),
        ("build-on-a-class", "no tensor"), ("called-with-nothing", "expected"), ("new-object", "NEWOBJ (0x81)"),
        ("mark-only", "a value before it"), ("empty-stack", "1 values before it"), ("no-stop", "end of the pickle"),
        ("unknown-memo", "remembered"), ("no-tensor", "no tensor"), ("deep", "no tensor"),
        ("grow", "fewer parameters"), ("outside", "inside its storage"), ("negative", "inside its storage"),
        ("expanded", "inside its storage"), ("overflow", "inside its storage"), ("strides", "inside its storage"),
        ("missing-storage", "without its numbers"), ("short-storage", "8 bytes for 16 numbers"),
        ("big-endian", "highest byte first"), ("two-pickles", "2 entries data.pkl"), ("path", "broken directory"),
        ("compressed", "compressed entry"), ("legacy", "before PyTorch 1.6"), ("empty", "an empty file"),
        ("text", "no archive of PyTorch"), ("cut", "no directory"), ("cut-head", "no directory"),
        ("far-directory", "no directory"), ("many-entries", "broken directory"), ("far-entry", "outside the archive"),
        ("encrypted", "encrypted entry"), ("another-size", "outside the archive"), ("zip64-nowhere", "no directory"),
    ])
    func aHostileFileIsRefusedAndSaidWhy(name: String, reason: String) throws {
        let bytes = try bytes("hostile/" + name)
        let error = #expect(throws: PickleProblem.self) { try TorchCheckpoint(ByteSource(bytes)) }
        let text = error?.description ?? ""
        #expect(text.contains(reason) && !text.contains("\n"), "\(text)")
    }

    @Test func aFileCutOrChangedAnywhereIsReadOrRefused() throws {
        let whole = try bytes("parameters.ckpt")
        for count in stride(from: 0, to: whole.count, by: 3) {
            #expect(throws: PickleProblem.self) { try TorchCheckpoint(ByteSource(Array(whole[..<count]))) }
        }
        for place in whole.indices {
            for change: UInt8 in [1, 0x80, 0xff] {
                var changed = whole
                changed[place] ^= change
                do {
                    let listing = try TorchCheckpoint(ByteSource(changed)).listing
                    let file = try PickledFile(name: "x", bytes: HostBytes(copying: changed), listing: listing)
                    for entry in file.entries { #expect(file[entry.key]?.shape == entry.shape) }
                } catch {
                    #expect(!"\(error)".contains("\n"))
                }
            }
        }
    }

    @Test(arguments: [
        "", "[]", "{}", "{\"metadata\":{},\"tensors\":{}}", "{\"metadata\":{},\"tensors\":[{}]}",
        entry("[4]", "[1]", 41), entry("[4]", "[3]", 10), entry("[4]", "[1]", -1),
        entry("[9223372036854775807,2]", "[1,1]", 0), entry("[2,2]", "[9223372036854775807,1]", 0),
        entry("[4]", "[1,1]", 0), entry("[-1]", "[1]", 0), entry("[1,1,1,1,1,1,1,1,1]", "[1,1,1,1,1,1,1,1,1]", 0),
        entry("[4]", "[1]", 0, dtype: "F8_E4M3"), entry("[4]", "[1]", 0, key: "a\\nb"),
        entry("[4]", "[0.5]", 0), entry("[1000,1000]", "[0,0]", 0),
    ])
    func aListThatDoesNotFitItsFileIsRefused(listing: String) {
        #expect(throws: CheckpointError.self) {
            try PickledFile(
                name: "x", bytes: HostBytes(copying: [UInt8](repeating: 0, count: 40)), listing: Array(listing.utf8))
        }
    }

    @Test func aStrideThatIsNeverTakenMayBeAnything() throws {
        let listing = Self.entry("[1,4]", "[9223372036854775807,1]", 0)
        let file = try PickledFile(
            name: "x", bytes: HostBytes(copying: [UInt8](repeating: 0, count: 40)), listing: Array(listing.utf8))
        #expect(file["a"]?.floats == [0, 0, 0, 0])
    }

    private static func entry(
        _ shape: String, _ strides: String, _ start: Int, dtype: String = "F32", key: String = "a"
    ) -> String {
        """
        {"metadata":{},"tensors":[{"key":"\(key)","dtype":"\(dtype)","shape":\(shape),"strides":\(strides),\
        "start":\(start)}]}
        """
    }
}
