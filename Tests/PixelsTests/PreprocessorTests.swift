import DaguerrePixels
import DaguerreTensors
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/pixels.py, OpenCV 4.11.0.
@Suite struct PreprocessorTests {
    @Test(arguments: [(Preprocessor.recolorLuminance, "lightness"), (.recolorIntensity, "value")])
    func recoloringEqualsOpenCVsChannelsToTheBit(preprocessor: Preprocessor, key: String) throws {
        let fixture = try Fixture("pixels/convert")
        let colors = try fixture.image("colours")
        let map = try preprocessor.map(of: colors, width: colors.width, height: colors.height).image
        let expected = try fixture.image(key)
        #expect(map == expected, "\(String(describing: difference(map, expected)))")
    }

    @Test(arguments: ["smooth", "noise", "one"])
    func scribblesAreWhereTheDifferenceOfGaussiansIs(name: String) throws {
        let fixture = try Fixture("pixels/scribble")
        let input = try fixture.image("\(name).input")
        let expected = try fixture.image("\(name).lines")
        let map = try Preprocessor.scribbleXDoG.map(of: input, width: input.width, height: input.height).image
        #expect(map == expected, "\(String(describing: difference(map, expected)))")
        if name == "smooth" { #expect(expected.pixels.count { $0 > 0 } > 10) }
    }

    @Test func mapsAreThoseOfTheirOperations() throws {
        let fixture = try Fixture("pixels/blur")
        let picture = try fixture.image("smooth.input")
        func map(_ preprocessor: Preprocessor, _ settings: PreprocessorSettings = .init()) throws -> Image {
            try preprocessor.map(of: picture, width: picture.width, height: picture.height, settings: settings).image
        }
        #expect(try map(.none) == picture)
        #expect(try map(.tileResample) == picture)
        #expect(try map(.invert) == picture.inverted)
        #expect(try map(.depth) == picture.converted(to: .grey))
        #expect(try map(.canny) == picture.cannyEdges(low: 100, high: 200))
        #expect(try map(.canny, .init(thresholdA: 30, thresholdB: 60)) == picture.cannyEdges(low: 30, high: 60))
        #expect(try map(.blurGaussian) == (try fixture.image("smooth.sigma.9")))
        #expect(try map(.blurGaussian, .init(thresholdA: 4)) == (try fixture.image("smooth.sigma.4")))
        #expect(try map(.tileResample, .init(thresholdA: 4)) != picture)
        let bright = try map(.threshold, .init(thresholdA: 99))
        for i in 0..<picture.pixelCount {
            #expect(bright.pixels[i] == (picture.pixels[3 * i..<3 * i + 3].allSatisfy { $0 > 99 } ? 255 : 0))
        }
    }

    @Test func whatIsToBeInpaintedIsOpen() throws {
        let picture = Image(width: 3, height: 1, pixels: [0, 51, 255, 10, 20, 30, 255, 255, 0])
        let mask = Image(width: 3, height: 1, channels: .grey, pixels: [0, 128, 127])
        let map = try Preprocessor.inpaintOnly.map(of: picture, mask: mask, width: 3, height: 1)
        #expect(map.values == [0, 0.2, 1, -1, -1, -1, 1, 1, 0])
        #expect(throws: PixelsError.maskMissing(preprocessor: "inpaint_only")) {
            try Preprocessor.inpaintOnly.map(of: picture, width: 3, height: 1)
        }
        #expect(throws: PixelsError.maskSize(width: 3, height: 1, expectedWidth: 2, expectedHeight: 2)) {
            try Preprocessor.none.map(
                of: Image(width: 2, height: 2, filledWith: [1, 2, 3]), mask: mask, width: 3, height: 1)
        }
    }

    @Test(arguments: Preprocessor.allCases, [nil, 64])
    func everyMapHasTheSizeOfThePictureToDraw(preprocessor: Preprocessor, resolution: Int?) throws {
        let pixels = (0..<41 * 90 * 4).map { UInt8(truncatingIfNeeded: $0 &* $0 / 7) }
        let picture = Image(width: 41, height: 90, channels: .rgba, pixels: pixels)
        let mask = Image(width: 41, height: 90, channels: .grey, filledWith: [200])
        for mode in ResizeMode.allCases {
            let map = try preprocessor.map(
                of: picture, mask: mask, width: 72, height: 56, mode: mode, settings: .init(resolution: resolution))
            #expect((map.image.width, map.image.height) == (72, 56))
            #expect(map.values.count == 72 * 56 * 3)
            if [.canny, .threshold, .scribbleXDoG].contains(preprocessor) {
                #expect(map.image.pixels.allSatisfy { $0 == 0 || $0 == 255 })
            }
        }
    }

    @Test(arguments: [
        ("canny", Preprocessor.canny), ("Blur_Gaussian", .blurGaussian), ("scribble_xdog", .scribbleXDoG),
        ("invert (from white bg & black line)", .invert), ("None", .none), ("inpaint_only", .inpaintOnly),
        ("recolor_luminance", .recolorLuminance),
    ])
    func namesAreReadInEverySpelling(text: String, preprocessor: Preprocessor) throws {
        #expect(try Preprocessor.parse(text) == preprocessor)
        #expect(try Preprocessor.parse(preprocessor.rawValue) == preprocessor)
    }

    @Test func anUnknownNameIsRefusedWithAList() {
        #expect(throws: PixelsError.unknownPreprocessor("openpose")) { try Preprocessor.parse("openpose") }
        let text = PixelsError.unknownPreprocessor("openpose").description
        for preprocessor in Preprocessor.allCases { #expect(text.contains(preprocessor.rawValue)) }
        #expect(!text.contains("\n"))
    }

    @Test func settingsOutOfRangeAreRefusedByName() {
        let picture = Image(width: 2, height: 2, filledWith: [1, 2, 3])
        for (preprocessor, settings, name) in [
            (Preprocessor.canny, PreprocessorSettings(thresholdA: -1), "threshold a"),
            (.canny, .init(thresholdB: .nan), "threshold b"), (.tileResample, .init(thresholdA: 0), "threshold a"),
            (.blurGaussian, .init(thresholdA: .infinity), "threshold a"), (.invert, .init(resolution: 1), "resolution"),
        ] {
            do {
                _ = try preprocessor.map(of: picture, width: 8, height: 8, settings: settings)
                Issue.record("\(preprocessor) took \(settings)")
            } catch { #expect("\(error)".hasPrefix("\(name) of the preprocessor \(preprocessor.rawValue)")) }
        }
    }
}
