import DaguerreImaging
import DaguerrePixels
import Testing

@Suite struct PNGTests {
    /// Not square and of odd extents, with text of both kinds.
    private static let image = Image(width: 5, height: 3, pixels: (0..<45).map { UInt8($0 * 5) })
    private static let texts = [
        PNG.Text(key: "parameters", value: "a café\nSteps: 20"), PNG.Text(key: "note", value: "snow ☃ and 🍎"),
        PNG.Text(key: "empty", value: ""),
    ]

    @Test func pixelsAndTextsComeBack() throws {
        let contents = try PNG.decode(PNG.encode(Self.image, texts: Self.texts))
        #expect(contents.image == Self.image)
        #expect(contents.texts == Self.texts)
    }

    @Test(arguments: [(1, 1), (1, 83), (83, 1), (7, 83), (640, 257)])
    func anySizeComesBack(width: Int, height: Int) throws {
        let image = Image(
            width: width, height: height,
            pixels: (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) })
        #expect(try PNG.decode(PNG.encode(image)).image == image)
    }

    @Test func equalPicturesGiveEqualBytes() throws {
        #expect(try PNG.encode(Self.image, texts: Self.texts) == PNG.encode(Self.image, texts: Self.texts))
    }

    @Test func latin1TextIsWrittenAsTEXtAndOtherTextAsITXt() throws {
        let bytes = try PNG.encode(Self.image, texts: Self.texts)
        #expect(chunkTypes(of: bytes) == ["IHDR", "tEXt", "iTXt", "tEXt", "IDAT", "IEND"])
        #expect(contains(bytes, Array("parameters\0a caf".utf8) + [0xe9]))
    }

    @Test func nulIsDroppedFromText() throws {
        let bytes = try PNG.encode(Self.image, texts: [PNG.Text(key: "parameters", value: "a\0b")])
        #expect(try PNG.decode(bytes).texts == [PNG.Text(key: "parameters", value: "ab")])
    }

    @Test(arguments: ["", String(repeating: "k", count: 80), "clé ☃", "a\0b"])
    func aKeyThatThePNGCannotHoldIsRefused(key: String) {
        #expect(throws: ImagingError.invalidTextKey(key)) {
            try PNG.encode(Self.image, texts: [PNG.Text(key: key, value: "x")])
        }
    }

    /// Fixtures: scripts/fixtures/imaging.py.
    @Test(arguments: [
        ("rgb", Image.Channels.rgb), ("rgb-interlaced", .rgb), ("rgb16-interlaced", .rgb), ("rgba", .rgba),
        ("grey1", .rgb), ("grey4", .rgb), ("grey-alpha", .rgba), ("palette4", .rgba), ("turned", .rgb),
    ])
    func everyKindOfFileIsReadAsItsPixels(name: String, channels: Image.Channels) throws {
        let image = try PNG.decode(fixture("\(name).png")).image
        #expect((image.width, image.height, image.channels) == (11, 7, channels))
        #expect(image.pixels == (try fixture("\(name).\(channels == .rgb ? "rgb" : "rgba")")))
    }

    @Test func greysAndAlphaComeBack() throws {
        let grey = Image(width: 3, height: 2, channels: .grey, pixels: [0, 1, 127, 128, 254, 255])
        #expect(try PNG.decode(PNG.encode(grey)).image == grey.converted(to: .rgb))
        let clear = Image(width: 2, height: 1, channels: .rgba, pixels: [9, 8, 7, 0, 1, 2, 3, 200])
        #expect(try PNG.decode(PNG.encode(clear)).image == clear)
    }

    @Test func aFileThatWantsToBeTurnedIs() throws {
        let stored = try PNG.decode(fixture("turned.png")).image
        #expect(try ImageFile.decode(fixture("turned.png")).image == stored.oriented(from: .turnedLeft))
    }

    @Test func compressedAndForeignTextIsRead() throws {
        let expected = [
            PNG.Text(key: "Café", value: "naïve"),
            PNG.Text(key: "long", value: String(repeating: "abc", count: 500)),
            PNG.Text(key: "mark", value: "☃ 🍎"),
        ]
        #expect(try PNG.decode(fixture("rgb.png")).texts == expected)
    }

    @Test func aFileCutAnywhereIsRefused() throws {
        let bytes = try PNG.encode(Self.image, texts: Self.texts)
        for count in 0..<bytes.count {
            #expect(throws: ImagingError.self, "cut to \(count) bytes") { try PNG.decode(Array(bytes.prefix(count))) }
        }
    }

    @Test(arguments: ["rgb.png", "palette4.png", "rgb16-interlaced.png"])
    func everyFlippedBitIsNoticed(name: String) throws {
        var bytes = try fixture(name)
        var missed: [String] = []
        for i in bytes.indices {
            for bit in 0..<8 {
                bytes[i] ^= 1 << bit
                if (try? PNG.decode(bytes)) != nil { missed.append("byte \(i), bit \(bit)") }
                bytes[i] ^= 1 << bit
            }
        }
        #expect(missed == [])
    }

    @Test func randomBytesAfterTheSignatureAreRefused() {
        var state: UInt64 = 7
        for _ in 0..<2_000 {
            var bytes: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
            for _ in 0..<64 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(UInt8(truncatingIfNeeded: state >> 33))
            }
            #expect(throws: ImagingError.self) { try PNG.decode(bytes) }
        }
    }

    @Test(arguments: [(50_000, 50_000), (8_193, 1), (1, 8_193), (8_192, 8_192), (2_147_483_647, 2_147_483_647)])
    func aPictureBeyondTheLimitsIsRefusedBeforeMemoryIsSpent(width: Int, height: Int) {
        // A header and an empty picture: nothing but the declared size speaks for it.
        let bytes = file(width: width, height: height)
        #expect(throws: ImagingError.tooLarge(width: width, height: height, limits: ImageLimits())) {
            try PNG.decode(bytes)
        }
    }

    @Test func aSizeOfZeroIsRefused() {
        #expect(throws: ImagingError.self) { try PNG.decode(file(width: 0, height: 5)) }
    }

    @Test func aFileOfTooManyBytesIsRefused() throws {
        let bytes = try fixture("rgb.png")
        let limits = ImageLimits(byteCount: bytes.count - 1)
        #expect(throws: ImagingError.tooManyBytes(count: bytes.count, limit: bytes.count - 1)) {
            try PNG.decode(bytes, limits: limits)
        }
    }

    @Test func aTextThatInflatesBeyondTheLimitDoesNotComeIn() throws {
        let texts = (try? PNG.decode(fixture("rgb.png"), limits: ImageLimits(chunkByteCount: 1_000)))?.texts ?? []
        #expect(!texts.contains { $0.key == "long" })
    }

    @Test func whatIsNoPNGIsCalledSo() {
        #expect(throws: ImagingError.wrongFormat(.png)) { try PNG.decode(Array("GIF89a, a long time ago".utf8)) }
        #expect(throws: ImagingError.wrongFormat(.png)) { try PNG.decode([]) }
    }

    /// A file with a valid header of the given size and an empty `IDAT`.
    private func file(width: Int, height: Int) -> [UInt8] {
        let header = bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0]
        return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + chunk("IHDR", header) + chunk("IDAT", [])
            + chunk("IEND", [])
    }
}

private func bigEndian(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}

private func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    var remainder: UInt32 = 0xffff_ffff
    for byte in body {
        remainder ^= UInt32(byte)
        for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0xedb8_8320 : remainder >> 1 }
    }
    return bigEndian(data.count) + body + bigEndian(Int(~remainder))
}

private func chunkTypes(of bytes: [UInt8]) -> [String] {
    var types: [String] = []
    var i = 8
    while i + 8 <= bytes.count {
        types.append(String(decoding: bytes[i + 4..<i + 8], as: UTF8.self))
        i += 12 + bytes[i..<i + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    return types
}

private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
    bytes.indices.contains { bytes[$0...].starts(with: part) }
}
