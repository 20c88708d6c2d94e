import DaguerrePixels
import DaguerreTensors
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/pixels.py, Pillow 13.0.0.
@Suite struct GeometryTests {
    @Test(arguments: ["wide", "tall"], [ResizeMode.crop, .fill])
    func proportionsAreKeptByCuttingOrFilling(name: String, mode: ResizeMode) throws {
        let fixture = try Fixture("pixels/modes")
        let input = try fixture.image("\(name).input")
        let sizes = fixture.names(after: "\(name).\(mode.rawValue).")
        #expect(sizes.count == 3)
        for size in sizes {
            let expected = try fixture.image("\(name).\(mode.rawValue).\(size)")
            let actual = input.resized(width: expected.width, height: expected.height, mode: mode)
            #expect(actual == expected, "\(size): \(String(describing: difference(actual, expected)))")
        }
    }

    @Test func everyModeGivesTheSizeThatIsAskedFor() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            func side() -> Int { Int.random(in: 1...40, using: &random) }
            let picture = Image(width: side(), height: side(), filledWith: [9, 8, 7])
            let (width, height) = (side(), side())
            for mode in ResizeMode.allCases {
                // One colour: whatever is cut off or filled, nothing else may come in.
                let resized = picture.resized(width: width, height: height, mode: mode)
                #expect(resized == Image(width: width, height: height, filledWith: [9, 8, 7]))
            }
        }
    }

    @Test(arguments: [
        ("Just Resize", ResizeMode.stretch), ("crop_and_resize", .crop), ("Resize and Fill", .fill), ("0", .stretch),
        ("1", .crop), ("2", .fill),
    ])
    func modesAreReadInEverySpelling(text: String, mode: ResizeMode) throws {
        #expect(try ResizeMode.parse(text) == mode)
    }

    @Test func anUnknownModeIsRefusedWithAList() {
        #expect(throws: PixelsError.unknownResizeMode("squash")) { try ResizeMode.parse("squash") }
        let text = PixelsError.unknownResizeMode("squash").description
        #expect(text.contains("just-resize, crop-and-resize, resize-and-fill"))
    }

    @Test(arguments: Orientation.allCases)
    func everyOrientationIsTurnedUprightAsByPillow(orientation: Orientation) throws {
        let fixture = try Fixture("pixels/orient")
        let upright = try fixture.image("input").oriented(from: orientation)
        #expect(upright == (try fixture.image("\(orientation.rawValue)")))
    }

    @Test func aPatchComesOutAsItWentIn() {
        let picture = Image(width: 4, height: 3, pixels: (0..<36).map { UInt8($0) })
        let region = Region(x: 1, y: 1, width: 2, height: 2)
        let patch = picture.cropped(to: region)
        #expect(patch.pixels == [15, 16, 17, 18, 19, 20, 27, 28, 29, 30, 31, 32])
        #expect(picture.replacing(region, with: patch) == picture)
        let marked = picture.replacing(region, with: Image(width: 2, height: 2, filledWith: [200, 201, 202]))
        #expect(marked.cropped(to: region) == Image(width: 2, height: 2, filledWith: [200, 201, 202]))
        #expect(zip(marked.pixels, picture.pixels).count { $0 != $1 } == 12)
    }
}
