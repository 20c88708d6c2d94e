import DaguerreCheckpoints
import DaguerreTensors
import Glibc
import Testing

@Suite struct SafetensorsWriterTests {
    @Test func whatWasWrittenIsReadBack() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/latents.safetensors"
        let latents = HostTensor((0..<24).map(Float.init), shape: [1, 4, 2, 3])
        let half = HostTensor(shape: [3], elementType: .float16) { $0.copyBytes(from: [0, 0x3c, 0, 0x40, 0, 0xc0]) }
        let metadata = ["text": "a \"quoted\" \\ \u{1} é 🍎\n", "seed": "7"]
        try SafetensorsWriter.write([("half", half), ("latents", latents)], metadata: metadata, to: path)
        let file = try SafetensorsFile(path: path)
        #expect(file.metadata == metadata)
        #expect(file["latents"]?.shape == [1, 4, 2, 3] && file["latents"]?.floats == latents.floats)
        #expect(file["half"]?.elementType == .float16 && file["half"]?.floats == [1, 2, -2])
        #expect((file.entries.first?.range.lowerBound ?? 1) % 8 == 0)
        #expect(folder.names == ["latents.safetensors"])
    }

    @Test func anotherFileIsReplacedWhole() throws {
        let folder = try TemporaryFolder()
        try folder.write("a.safetensors", "something else")
        let path = folder.path + "/a.safetensors"
        try SafetensorsWriter.write([("a", HostTensor([1], shape: []))], to: path)
        #expect(try SafetensorsFile(path: path)["a"]?.floats == [1])
        try SafetensorsWriter.write([], to: path)
        #expect(try SafetensorsFile(path: path).entries.isEmpty)
        #expect(folder.names == ["a.safetensors"])
    }

    @Test func aNameMayBeAsLongAsNamesMayBe() throws {
        let folder = try TemporaryFolder()
        let name = String(repeating: "n", count: 243) + ".safetensors"
        try SafetensorsWriter.write([("a", HostTensor([1], shape: []))], to: folder.path + "/" + name)
        #expect(folder.names == [name])
    }

    @Test func whatCannotBeWrittenLeavesNothing() throws {
        let folder = try TemporaryFolder()
        let one = HostTensor([1], shape: [1])
        let shapeOnly = HostTensor(
            shape: [2], elementType: .float32, bytes: UnsafeRawBufferPointer(start: nil, count: 0), owner: nil)
        for tensors in [
            [("../a", one)], [("a", one), ("a", one)], [("a", shapeOnly)], [("", one)], [("__metadata__", one)],
        ] {
            #expect(throws: CheckpointError.self) {
                try SafetensorsWriter.write(tensors, to: folder.path + "/a.safetensors")
            }
        }
        #expect(throws: CheckpointError.unwritable(file: "a.safetensors", reason: "No such file or directory")) {
            try SafetensorsWriter.write([("a", one)], to: folder.path + "/none/a.safetensors")
        }
        mkdir(folder.path + "/taken", 0o777)
        defer { rmdir(folder.path + "/taken") }
        #expect(throws: CheckpointError.unwritable(file: "taken", reason: "Is a directory")) {
            try SafetensorsWriter.write([("a", one)], to: folder.path + "/taken")
        }
        #expect(folder.names == ["taken"])
    }
}
