import DaguerreImaging
import DaguerrePixels
import Testing

/// Fixtures: scripts/fixtures/photographs.py, Pillow 13.0.0.
@Suite struct ImageFileTests {
    private static let text = """
        a red apple, ünïcode ☃ 🍎
        Negative prompt: blurry
        Steps: 20, Sampler: Euler, Seed: 1, Size: 35x21
        """
    /// Waves, so that little is lost to compression.
    private static let picture = Image(
        width: 48, height: 31,
        pixels: (0..<48 * 31).flatMap { i -> [UInt8] in
            let (x, y) = (i % 48, i / 48)
            return [UInt8(5 * x), UInt8(8 * y), UInt8(128 + (x + y) / 2)]
        })

    @Test(arguments: [
        "baseline.jpg", "full-colour.jpg", "halved.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg", "restarts.jpg",
        "orientation-3.jpg", "orientation-5.jpg", "orientation-6.jpg", "orientation-8.jpg", "lossy.webp",
        "lossless.webp", "lossy-alpha.webp", "lossless-alpha.webp", "text.webp",
    ])
    func everyKindOfFileIsDecodedAsPillowDoes(name: String) throws {
        let contents = try ImageFile.decode(fixture(name))
        let hasAlpha = name.contains("alpha")
        #expect(contents.format == (name.hasSuffix("jpg") ? .jpeg : .webp))
        #expect(contents.image.channels == (hasAlpha ? .rgba : .rgb))
        let isTurned = ["orientation-5.jpg", "orientation-6.jpg", "orientation-8.jpg", "text.webp"].contains(name)
        #expect((contents.image.width, contents.image.height) == (isTurned ? (21, 35) : (35, 21)))
        let expected = try fixture(name + (hasAlpha ? ".rgba" : ".rgb"))
        let worst = zip(contents.image.pixels, expected).map { abs(Int($0) - Int($1)) }.max() ?? 0
        #expect(contents.image.pixels.count == expected.count && worst == 0, "off by \(worst)")
    }

    @Test(arguments: [
        ("text-big-endian.jpg", text), ("text-little-endian.jpg", text), ("text.webp", text),
        ("text-ascii.jpg", "plain words"), ("baseline.jpg", nil), ("orientation-6.jpg", nil), ("lossy.webp", nil),
        ("rgb.png", nil),
    ])
    func theInfotextIsFoundWhereTheWebUIPutsIt(name: String, text: String?) throws {
        #expect(try ImageFile.decode(fixture(name)).infotext == text)
    }

    @Test(arguments: ImageFormat.allCases, [nil, text, "", String(repeating: "long ", count: 5000)])
    func whatIsWrittenIsReadBack(format: ImageFormat, text: String?) throws {
        let bytes = try ImageFile.encode(Self.picture, as: format, quality: 95, infotext: text)
        #expect(bytes == (try ImageFile.encode(Self.picture, as: format, quality: 95, infotext: text)))
        let contents = try ImageFile.decode(bytes)
        #expect(contents.format == format)
        // An empty comment and none are one, and EXIF fills up with spaces.
        let expected = text.map { format == .png ? $0 : String($0.reversed().drop { $0 == " " }.reversed()) }
        #expect((contents.infotext ?? "") == (expected ?? ""))
        #expect((contents.image.width, contents.image.height) == (48, 31))
        let worst = zip(contents.image.pixels, Self.picture.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 255
        #expect(worst <= (format == .png ? 0 : 40), "off by \(worst)")
    }

    @Test(arguments: [ImageFormat.jpeg, .webp])
    func qualityBuysBytesAndLikeness(format: ImageFormat) throws {
        var files: [(byteCount: Int, error: Int)] = []
        for quality in [-5, 1, 30, 70, 100, 1000] {
            let bytes = try ImageFile.encode(Self.picture, as: format, quality: quality)
            let pixels = try ImageFile.decode(bytes).image.pixels
            let errors = zip(pixels, Self.picture.pixels).map { abs(Int($0) - Int($1)) }
            files.append((bytes.count, errors.reduce(0, +)))
        }
        #expect(files[0] == files[1] && files[4] == files[5])
        #expect(files[1].byteCount < files[3].byteCount && files[3].byteCount < files[4].byteCount)
        #expect(files[1].error > files[3].error && files[3].error > files[4].error)
    }

    @Test func alphaIsKeptWhereTheFormatHasIt() throws {
        let pixels = (0..<32 * 16).flatMap { i -> [UInt8] in [200, 100, 50, UInt8(i % 32 * 8)] }
        let picture = Image(width: 32, height: 16, channels: .rgba, pixels: pixels)
        #expect(try ImageFile.decode(ImageFile.encode(picture, as: .png)).image == picture)
        let webp = try ImageFile.decode(ImageFile.encode(picture, as: .webp, infotext: Self.text))
        #expect(webp.image.alpha == picture.alpha)
        #expect(webp.infotext == Self.text)
        #expect(try ImageFile.decode(ImageFile.encode(picture, as: .jpeg)).image.channels == .rgb)
        // Greys have no fewer channels than colours once they are read.
        let grey = Image(width: 9, height: 9, channels: .grey, filledWith: [77])
        for format in ImageFormat.allCases {
            #expect(try ImageFile.decode(ImageFile.encode(grey, as: format)).image == grey.converted(to: .rgb))
        }
    }

    @Test func whatDoesNotFitIsRefusedWithTheReason() {
        let text = String(repeating: "é", count: 40_000)
        #expect(throws: ImagingError.textTooLong(.jpeg, byteCount: 80_052, limit: 65_527)) {
            try ImageFile.encode(Self.picture, as: .jpeg, infotext: text)
        }
        let long = Image(width: 16_384, height: 1, filledWith: [1, 2, 3])
        #expect(throws: ImagingError.notWritten(.webp, reason: "it holds at most 16383 pixels a side")) {
            try ImageFile.encode(long, as: .webp)
        }
        let longer = Image(width: 65_536, height: 1, filledWith: [1, 2, 3])
        #expect(throws: ImagingError.self) { try ImageFile.encode(longer, as: .jpeg) }
    }

    @Test func aFileIsReadByItsContentAndWithinBounds() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/picture.png"
            try AtomicFile.write(fixture("lossless.webp"), to: path, replacing: true)
            #expect(try ImageFile.read(path).format == .webp)
            let limits = ImageLimits(byteCount: 100)
            let tooMany = ImagingError.tooManyBytes(count: try fixture("lossless.webp").count, limit: 100)
            #expect(throws: ImagingError.inFile(name: "picture.png", tooMany)) {
                try ImageFile.read(path, limits: limits)
            }
            for (path, reason) in [
                (folder + "/none.png", "No such file or directory"), (folder, "it is not a regular file"),
                ("/dev/zero", "it is not a regular file"), (folder + "/a\0b", "its name holds a NUL"),
            ] {
                let name = path.split(separator: "/").last.map(String.init) ?? ""
                #expect(throws: ImagingError.fileNotRead(name: name, reason: reason)) { try ImageFile.read(path) }
            }
        }
    }

    @Test(arguments: [
        ("a.png", ImageFormat.png), ("x/y.JPG", .jpeg), ("b.jpeg", .jpeg), ("c.d.WebP", .webp), ("png", nil),
        ("a.gif", nil), ("", nil), ("a.", nil),
    ])
    func aNameAsksForAFormat(name: String, format: ImageFormat?) {
        #expect(ImageFormat(fileName: name) == format)
    }
}
