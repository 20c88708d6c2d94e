import DaguerreImaging
import DaguerrePixels
import Testing

/// Sizes of files that nobody has decoded.
@Suite struct ImageHeaderTests {
    private static let names = [
        "baseline.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg", "restarts.jpg", "text-little-endian.jpg",
        "lossy.webp", "lossless.webp", "lossy-alpha.webp", "lossless-alpha.webp", "rgb.png", "rgb-interlaced.png",
        "palette4.png", "grey1.png",
    ]

    @Test(arguments: names)
    func theHeaderSaysWhatDecodingFinds(name: String) throws {
        let bytes = try fixture(name)
        let contents = try ImageFile.decode(bytes)
        let header = try ImageHeader(bytes)
        #expect(header.format == contents.format)
        #expect((header.width, header.height) == (contents.image.width, contents.image.height))
    }

    @Test(arguments: ["orientation-6.jpg", "text.webp"])
    func itIsTheSizeBeforeThePictureIsTurned(name: String) throws {
        let (header, image) = (try ImageHeader(fixture(name)), try ImageFile.decode(fixture(name)).image)
        #expect((header.width, header.height) == (image.height, image.width))
    }

    @Test(arguments: ImageFormat.allCases, [(1, 1), (16_383, 1), (3, 300)])
    func whatIsWrittenHereHasAHeader(format: ImageFormat, size: (Int, Int)) throws {
        let image = Image(width: size.0, height: size.1, filledWith: [1, 2, 3])
        for provenance in [nil, Provenance.trainedAlgorithmicMedia] {
            let bytes = try ImageFile.encode(image, as: format, infotext: "x", provenance: provenance)
            let header = try ImageHeader(bytes, limits: ImageLimits(side: 20_000))
            #expect(header.format == format && header.width == size.0 && header.height == size.1)
        }
    }

    @Test(arguments: names)
    func aFileCutAnywhereIsRefusedOrHasItsSize(name: String) throws {
        let bytes = try fixture(name)
        let whole = try ImageHeader(bytes)
        var refused = 0
        for count in 0..<bytes.count {
            do { #expect(try ImageHeader(Array(bytes.prefix(count))) == whole) } catch { refused += 1 }
        }
        #expect(refused >= 20)
    }

    @Test(arguments: names)
    func aFlippedBitIsRefusedOrGivesASizeWithinBounds(name: String) throws {
        var bytes = try fixture(name)
        let limits = ImageLimits(side: 3000, pixelCount: 40_000)
        for i in bytes.indices {
            for bit in 0..<8 {
                bytes[i] ^= 1 << bit
                if let header = try? ImageHeader(bytes, limits: limits) {
                    #expect(header.width * header.height <= 40_000 && max(header.width, header.height) <= 3000)
                }
                bytes[i] ^= 1 << bit
            }
        }
    }

    @Test(arguments: [(8_193, 1), (1, 8_193), (8_192, 8_192), (4_294_967_295, 4_294_967_295)])
    func aPNGBeyondTheLimitsIsRefused(width: Int, height: Int) throws {
        var bytes = try fixture("rgb.png")
        for (place, side) in [(16, width), (20, height)] {
            for i in 0..<4 { bytes[place + i] = UInt8(truncatingIfNeeded: side >> (24 - 8 * i)) }
        }
        #expect(throws: ImagingError.tooLarge(width: width, height: height, limits: ImageLimits())) {
            try ImageHeader(bytes)
        }
    }

    @Test func aSizeWhoseProductOverflowsIsRefused() throws {
        var bytes = try fixture("rgb.png")
        for place in 16..<24 { bytes[place] = 0xff }
        let limits = ImageLimits(side: .max, pixelCount: .max)
        #expect(throws: ImagingError.tooLarge(width: 4_294_967_295, height: 4_294_967_295, limits: limits)) {
            try ImageHeader(bytes, limits: limits)
        }
    }

    @Test func whatIsNoPictureIsRefused() throws {
        #expect(throws: ImagingError.unknownFormat) { try ImageHeader(Array("hello".utf8)) }
        #expect(throws: ImagingError.tooManyBytes(count: 11, limit: 10)) {
            try ImageHeader([UInt8](repeating: 0, count: 11), limits: ImageLimits(byteCount: 10))
        }
        // A frame of no height, which a later marker is to tell, and a file of markers alone.
        let frame: [UInt8] = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 0, 0, 9, 1, 0x11, 0]
        let markers: [UInt8] = [0xff, 0xd8, 0xff] + [UInt8](repeating: 0xff, count: 5000)
        for bytes in [frame, markers, [0xff, 0xd8, 0xff, 0xda, 0, 2], [0xff, 0xd8, 0xff, 0xe0, 0, 0]] {
            #expect(throws: ImagingError.damaged(.jpeg, reason: "it does not say how large its picture is")) {
                try ImageHeader(bytes)
            }
        }
    }
}
