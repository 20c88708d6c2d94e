import DaguerreCheckpoints
import DaguerreTensors
import FoundationEssentials
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/prompts.py, seed 20261125.
@Suite struct TextualInversionTests {
    private func embedding(_ name: String) throws -> TextualInversion {
        try TextualInversion(SafetensorsFile(path: Fixture.path("prompts/embeddings/\(name).safetensors")))
    }

    private func written(_ tensors: [(name: String, tensor: HostTensor)]) throws -> SafetensorsFile {
        let folder = try TemporaryFolder()
        try SafetensorsWriter.write(tensors, to: folder.path + "/x.safetensors")
        return try SafetensorsFile(path: folder.path + "/x.safetensors", mapping: .read)
    }

    @Test(arguments: [("tower", nil), ("half", nil), ("web", nil), ("named", "<my-tower>")])
    func everyLayoutHasTheSameVectors(name: String, token: String?) throws {
        let embedding = try embedding(name)
        #expect(embedding.vectorCount == 3 && embedding.widths == [16] && embedding.token == token)
        let expected = try #require(
            SafetensorsFile(path: Fixture.path("prompts/embeddings/tower.safetensors"))["emb_params"])
        let vectors = try embedding.vectors(forWidths: [16])
        #expect(vectors.count == 1 && vectors[0].floats == expected.floats && vectors[0].shape == [3, 16])
    }

    /// What `daguerre models convert` makes of the web UI's pickles, PyTorch's parameters in them, and diffusers'.
    @Test(arguments: [("embedding", 2, nil), ("parameters", 2, nil), ("parameter", 1, "<cat>")])
    func aConvertedPickleIsRead(name: String, vectorCount: Int, token: String?) throws {
        let file = try SafetensorsFile(path: Fixture.path("pickles/\(name).safetensors"))
        let embedding = try TextualInversion(file)
        #expect(embedding.vectorCount == vectorCount && embedding.widths == [8] && embedding.token == token)
        #expect(try embedding.vectors(forWidths: [8])[0].floats == file[token ?? "string_to_param.*"]?.floats)
    }

    @Test func aSingleVectorIsOneToken() throws {
        let one = try embedding("one")
        #expect(one.vectorCount == 1 && one.token == "<one>")
        #expect(try one.vectors(forWidths: [16])[0].shape == [1, 16])
    }

    @Test(arguments: ["tower-xl", "numbered-xl"]) func aPairServesBothEncodersAndTheRefiner(name: String) throws {
        let pair = try embedding(name)
        #expect(pair.vectorCount == 3 && pair.widths == [16, 12] && pair.token == nil)
        #expect(try pair.vectors(forWidths: [16, 12]).map(\.shape) == [[3, 16], [3, 12]])
        #expect(try pair.vectors(forWidths: [12])[0].floats == pair.vectors(forWidths: [16, 12])[1].floats)
        #expect(throws: CheckpointError.self) { try pair.vectors(forWidths: [16]) }
    }

    @Test func anotherFamilysVectorsAreRefusedByItsName() throws {
        let make = { (width: Int) in
            try TextualInversion(
                written([("emb_params", HostTensor([Float](repeating: 1, count: width), shape: [1, width]))]))
        }
        let error = #expect(throws: CheckpointError.self) { try make(1024).vectors(forWidths: [768]) }
        #expect(
            error?.description
                == "x.safetensors: made for Stable Diffusion 2.x (1024 wide), expected a textual inversion for"
                + " Stable Diffusion 1.x (768 wide)")
        let other = #expect(throws: CheckpointError.self) { try make(768).vectors(forWidths: [768, 1280]) }
        #expect(
            other?.description.contains("expected a textual inversion for Stable Diffusion XL (768 + 1280 wide)")
                == true)
    }

    @Test func whatIsNoEmbeddingIsRefused() throws {
        let vector = HostTensor([1, 2], shape: [1, 2])
        let cases: [([(name: String, tensor: HostTensor)], String)] = [
            ([], "found no tensor"),
            ([("a", vector), ("b", vector)], "found 2 tensors (a, b)"),
            ([("emb_params", HostTensor([1, .nan], shape: [1, 2]))], "found NaN or infinity"),
            ([("emb_params", HostTensor([], shape: [0, 2]))], "to be [1 to 75, width]"),
            ([("x", HostTensor([Float](repeating: 0, count: 76), shape: [76, 1]))], "to be [1 to 75, width]"),
            ([("x", HostTensor([1, 2], shape: [1, 1, 2]))], "to be [1 to 75, width]"),
            ([("x", HostTensor([1], shape: []))], "to be [1 to 75, width]"),
            (
                [("clip_l", vector), ("clip_g", HostTensor([1, 2], shape: [2, 1]))],
                "as many vectors for one text encoder as for the other, found 1 and 2"
            ),
        ]
        for (tensors, reason) in cases {
            let error = #expect(throws: CheckpointError.self) { try TextualInversion(written(tensors)) }
            let description = error?.description ?? ""
            #expect(
                description.contains(reason) && description.hasPrefix("x.safetensors: not a textual inversion: "),
                "\(description)")
        }
    }

    @Test func namesAreFileNamesAndNeverPaths() throws {
        var library = EmbeddingLibrary()
        try library.add(folder: Fixture.path("prompts/embeddings"))
        #expect(
            library.names
                == ["half", "named", "numbered-xl", "one", "picture", "picture-xl", "tower", "tower-xl", "web"])
        #expect(try library.embedding("tower")?.vectorCount == 3)
        for name in ["../embeddings/tower", "tower.safetensors", "./tower", "", "/etc/passwd", "tow"] {
            #expect(try library.embedding(name) == nil)
        }
        try library.add(file: Fixture.path("prompts/embeddings/one.safetensors"), as: "tower")
        #expect(try library.embedding("tower")?.vectorCount == 1)
        try library.add(file: Fixture.path("prompts/embeddings/one.safetensors"))
        #expect(library.names.contains("one"))
        #expect(throws: CheckpointError.self) {
            try library.add(file: Fixture.path("prompts/embeddings/one.safetensors"), as: " ")
        }
        #expect(throws: CheckpointError.self) { try library.add(folder: Fixture.path("prompts/nowhere")) }
    }

    @Test(arguments: [".pt", ".bin"]) func aPickleHasToBeConvertedFirst(suffix: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("style" + suffix, [1, 2, 3])
        try folder.write(".hidden.pt", [1])
        try folder.write(".pt", [1])
        var library = EmbeddingLibrary()
        try library.add(folder: folder.path)
        #expect(library.names == ["style"])
        let error = #expect(throws: CheckpointError.self) { try library.embedding("style") }
        #expect(error?.description.contains("daguerre models convert style\(suffix)") == true)
        #expect(throws: CheckpointError.self) { try library.add(file: folder.path + "/style" + suffix) }
        // A file that can be used goes before one of its name that cannot.
        try SafetensorsWriter.write([("x", HostTensor([1], shape: [1]))], to: folder.path + "/style.safetensors")
        var second = EmbeddingLibrary()
        try second.add(folder: folder.path)
        #expect(try second.embedding("style")?.vectorCount == 1)
    }

    @Test func aPictureCarriesAnEmbedding() throws {
        let folder = Fixture.path("prompts/embeddings")
        var library = EmbeddingLibrary()
        try library.add(folder: folder)
        let expected = try embedding("tower").vectors(forWidths: [16])[0].floats
        #expect(try library.embedding("picture")?.vectors(forWidths: [16])[0].floats == expected)
        let picture = try #require(try library.embedding("picture-xl"))
        let pair = try picture.vectors(forWidths: [16, 12])
        #expect(pair[0].floats == expected)
        #expect(try pair[1].floats == embedding("tower-xl").vectors(forWidths: [16, 12])[1].floats)
        try library.add(file: folder + "/picture.png", as: "my tower")
        #expect(try library.embedding("my tower")?.vectorCount == 3)
    }

    @Test func aPictureCutAnywhereIsRefused() throws {
        let folder = try DiskModelFolder(path: Fixture.path("prompts/embeddings"))
        let bytes = try #require(try folder.bytes("picture.png"))
        let end = try #require(bytes.indices.last { bytes[$0...].starts(with: "IDAT".utf8) }) - 4
        for count in 0..<end {
            #expect(throws: CheckpointError.self) {
                try TextualInversion(EmbeddingPicture(name: "x.png", bytes: Array(bytes[..<count])))
            }
        }
        for place in 0..<bytes.count {
            var other = bytes
            other[place] ^= 0x41
            // Whatever it is now, it is read or refused.
            do { _ = try TextualInversion(EmbeddingPicture(name: "x.png", bytes: other)) } catch {
                #expect(
                    error.description.hasPrefix("x.png: not a textual inversion: ") && !error.description.contains("\n")
                )
            }
        }
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"string_to_param":{"*":1}}"#, #"{"string_to_param":{"*":{"TORCHTENSOR":[[1],[1,2]]}}}"#,
        #"{"string_to_param":{"*":{"TORCHTENSOR":[[[1]]]}}}"#, #"{"clip_l":{"TORCHTENSOR":[["a"]]}}"#,
        #"{"clip_l":{"TORCHTENSOR":[]}}"#, #"{"x":{"TORCHTENSOR":[1e99]}}"#, #"{"x":{"TORCHTENSOR":[NaN]}}"#,
        #"{"x":{"TORCHTENSOR":[[]]}}"#, #"[[[[[[[[[[1]]]]]]]]]]"#,
    ])
    func aPictureWithoutVectorsIsRefused(json: String) throws {
        let text = Array("sd-ti-embedding\0".utf8) + Array(Data(json.utf8).base64EncodedString().utf8)
        var bytes: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
        bytes +=
            withUnsafeBytes(of: UInt32(text.count).bigEndian, Array.init) + Array("tEXt".utf8) + text + [0, 0, 0, 0]
        let error = #expect(throws: CheckpointError.self) {
            try TextualInversion(EmbeddingPicture(name: "x.png", bytes: bytes))
        }
        #expect(error?.description.hasPrefix("x.png: not a textual inversion: ") == true)
    }
}
