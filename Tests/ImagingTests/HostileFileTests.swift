import DaguerreImaging
import DaguerrePixels
import Testing

/// Files that are cut, flipped, or promise more than they hold.
@Suite struct HostileFileTests {
    @Test(arguments: [
        "baseline.jpg", "progressive.jpg", "cmyk.jpg", "restarts.jpg", "text-big-endian.jpg", "lossy.webp",
        "lossless.webp", "lossy-alpha.webp", "lossless-alpha.webp", "text.webp", "rgba.png",
    ])
    func aFileCutAnywhereIsRefused(name: String) throws {
        let bytes = try fixture(name)
        for count in 0..<bytes.count {
            let part = Array(bytes.prefix(count))
            // A WebP chunk of odd length ends with a byte that says nothing.
            #expect(throws: ImagingError.self, "cut to \(count) bytes") { try ImageFile.decode(part) }
        }
    }

    @Test(arguments: [
        "baseline.jpg", "progressive.jpg", "cmyk.jpg", "lossy.webp", "lossless-alpha.webp", "lossy-alpha.webp",
        "text.webp", "text-little-endian.jpg",
    ])
    func aFlippedBitIsRefusedOrGivesAPictureOfBounds(name: String) throws {
        var bytes = try fixture(name)
        for i in bytes.indices {
            for bit in 0..<8 {
                bytes[i] ^= 1 << bit
                // Small, so that a size that a flip makes large costs no time.
                if let contents = try? ImageFile.decode(bytes, limits: ImageLimits(side: 300, pixelCount: 40_000)) {
                    #expect(contents.image.width <= 300 && contents.image.height <= 300)
                }
                bytes[i] ^= 1 << bit
            }
        }
    }

    @Test(arguments: [(8_193, 1), (1, 8_193), (65_500, 65_500), (8_192, 8_192)])
    func aJPEGBeyondTheLimitsIsRefusedBeforeMemoryIsSpent(width: Int, height: Int) throws {
        var bytes = try fixture("baseline.jpg")
        // The frame header: marker, length, precision, height, width.
        let frame = try #require(bytes.indices.first { bytes[$0...].starts(with: [0xff, 0xc0]) })
        bytes.replaceSubrange(
            frame + 5..<frame + 9,
            with: [height >> 8, height, width >> 8, width].map { UInt8(truncatingIfNeeded: $0) })
        #expect(throws: ImagingError.tooLarge(width: width, height: height, limits: ImageLimits())) {
            try ImageFile.decode(bytes)
        }
    }

    @Test(arguments: [(8_193, 1), (1, 8_193), (16_383, 16_383), (8_192, 8_192)])
    func aWebPBeyondTheLimitsIsRefusedBeforeMemoryIsSpent(width: Int, height: Int) throws {
        // Lossless: a signature byte, then 14 bits each of width - 1 and height - 1, the lowest first.
        let size = UInt32(width - 1) | UInt32(height - 1) << 14
        let picture: [UInt8] = [0x2f] + (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } + [0, 0, 0, 0, 0]
        #expect(throws: ImagingError.tooLarge(width: width, height: height, limits: ImageLimits())) {
            try ImageFile.decode(webp([("VP8L", picture)]))
        }
    }

    @Test func scansWithoutNumberAreRefused() throws {
        let bytes = try fixture("progressive.jpg")
        // The last scan again and again: complete, and of a few bytes.
        let scan = try #require(bytes.indices.last { bytes[$0...].starts(with: [0xff, 0xda]) })
        let end = bytes.count - 2
        let first = bytes.indices.count { bytes[$0...].starts(with: [0xff, 0xda]) }
        func file(scans: Int) -> [UInt8] {
            let more = (first..<max(scans, first)).flatMap { _ in bytes[scan..<end] }
            return bytes[..<end] + more + bytes[end...]
        }
        #expect(throws: ImagingError.damaged(.jpeg, reason: "more scans than an honest file has")) {
            try ImageFile.decode(file(scans: 500), limits: ImageLimits(scanCount: 5))
        }
        #expect(throws: ImagingError.self) { try ImageFile.decode(file(scans: 2_000)) }
        #expect(try ImageFile.decode(bytes, limits: ImageLimits(scanCount: first)).image.width == 35)
        #expect(throws: ImagingError.self) { try ImageFile.decode(bytes, limits: ImageLimits(scanCount: first - 1)) }
    }

    @Test func aProgressiveFileWhoseCoefficientsTakeTooMuchIsRefused() throws {
        let limits = ImageLimits(side: 35, pixelCount: 35 * 21)
        #expect(try ImageFile.decode(fixture("progressive.jpg"), limits: limits).image.width == 35)
    }

    @Test func aMovingPictureIsRefused() throws {
        #expect(throws: ImagingError.animated) { try ImageFile.decode(fixture("animated.webp")) }
    }

    @Test func whatIsNoPictureIsCalledSo() {
        for text in ["", "GIF89a", "RIFF\0\0\0\0WAVE", "\u{89}PNG", "<svg/>", "BM", "RIFF", "II*\0"] {
            #expect(throws: ImagingError.unknownFormat) { try ImageFile.decode(Array(text.utf8)) }
        }
        #expect(throws: ImagingError.unknownFormat) { try ImageFile.decode([0xff, 0xd8]) }
        #expect(throws: ImagingError.wrongFormat(.jpeg)) { try JPEG.decode(fixture("rgb.png")) }
        #expect(throws: ImagingError.wrongFormat(.webp)) { try WebP.decode(fixture("rgb.png")) }
        #expect(throws: ImagingError.wrongFormat(.png)) { try PNG.decode(fixture("lossy.webp")) }
    }

    @Test func chunksThatPromiseMoreThanThereIsAreRefused() {
        let huge: [UInt8] = [0xff, 0xff, 0xff, 0xff]
        for bytes in [
            Array("RIFF".utf8) + huge + Array("WEBP".utf8),
            Array("RIFF".utf8) + [20, 0, 0, 0] + Array("WEBPVP8 ".utf8) + huge + [0, 0, 0, 0],
            webp([]), webp([("EXIF", [])]), webp([("VP8X", [UInt8](repeating: 0xff, count: 10))]),
            webp([(String, [UInt8])](repeating: ("JUNK", []), count: 5_000)),
        ] {
            #expect(throws: ImagingError.self) { try ImageFile.decode(bytes) }
        }
    }

    @Test(arguments: ["jpg", "webp"])
    func randomBytesAfterTheSignatureAreRefused(kind: String) {
        var state: UInt64 = 11
        for _ in 0..<2_000 {
            var tail: [UInt8] = []
            for _ in 0..<96 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                tail.append(UInt8(truncatingIfNeeded: state >> 33))
            }
            let bytes = kind == "jpg" ? [0xff, 0xd8, 0xff] + tail : webp([("VP8 ", tail)])
            #expect(throws: ImagingError.self) { try ImageFile.decode(bytes) }
        }
    }

    @Test func anEXIFBlockThatIsDamagedDoesNotSpoilThePicture() throws {
        let whole = try fixture("text.webp")
        let start = try #require(whole.indices.first { whole[$0...].starts(with: "EXIF".utf8) }) + 8
        var state: UInt64 = 5
        for _ in 0..<3_000 {
            var bytes = whole
            for _ in 0..<4 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let place = start + Int(state >> 33) % (bytes.count - start)
                bytes[place] = UInt8(truncatingIfNeeded: state >> 20)
            }
            #expect(try ImageFile.decode(bytes).image.pixelCount == 35 * 21)
        }
    }
}

/// A WebP file of these chunks.
private func webp(_ chunks: [(name: String, content: [UInt8])]) -> [UInt8] {
    func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    let body = chunks.flatMap { chunk in
        Array(chunk.name.utf8) + number(chunk.content.count) + chunk.content
            + [UInt8](repeating: 0, count: chunk.content.count % 2)
    }
    return Array("RIFF".utf8) + number(4 + body.count) + Array("WEBP".utf8) + body
}
