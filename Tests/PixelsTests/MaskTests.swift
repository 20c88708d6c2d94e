import DaguerrePixels
import DaguerreTensors
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/pixels.py, Pillow 13.0.0 and OpenCV 4.11.0.
@Suite struct MaskTests {
    @Test(arguments: ["mask", "noise", "one", "thin", "smooth"])
    func maskBlurIsTwoBlursOfOneAxisEach(name: String) throws {
        let fixture = try Fixture("pixels/blur")
        let input = try fixture.image("\(name).input")
        for text in fixture.names(after: "\(name).mask.") {
            let sigma = try #require(Double(text))
            // A bell wider than the picture is cut by its size.
            guard sigma <= Double(max(input.width, input.height)) else { continue }
            let expected = try fixture.image("\(name).mask.\(text)")
            let actual = input.maskBlurred(by: sigma)
            #expect(actual == expected, "\(sigma): \(String(describing: difference(actual, expected)))")
        }
        #expect(input.maskBlurred(by: 0) == input)
        #expect(input.maskBlurred(by: 1e300).width == input.width)
    }

    @Test func compositingEqualsPillowToTheBit() throws {
        let fixture = try Fixture("pixels/composite")
        let result = try fixture.image("over").composited(
            over: fixture.image("under"), mask: fixture.image("mask"))
        #expect(result == (try fixture.image("result")))
    }

    @Test func aRegionGoesBackIntoItsPlaceOnly() {
        let under = Image(width: 10, height: 8, filledWith: [10, 20, 30])
        let region = Region(x: 3, y: 2, width: 4, height: 4)
        let mask = Image(width: 10, height: 8, channels: .grey, filledWith: [255])
        let result = Image(width: 64, height: 64, filledWith: [200, 100, 0])
            .composited(into: region, of: under, mask: mask)
        for y in 0..<8 {
            for x in 0..<10 {
                let isInside = region.columns.contains(x) && region.rows.contains(y)
                #expect(Array(result[x, y]) == (isInside ? [200, 100, 0] : [10, 20, 30]))
            }
        }
        let nothing = Image(width: 10, height: 8, channels: .grey, filledWith: [0])
        #expect(result.composited(over: under, mask: nothing) == under)
    }

    @Test func theMaskedRegionIsTheSmallestThatHoldsAll() {
        var pixels = [UInt8](repeating: 0, count: 9 * 7)
        #expect(Image(width: 9, height: 7, channels: .grey, pixels: pixels).maskedRegion == nil)
        pixels[2 * 9 + 5] = 1
        pixels[4 * 9 + 3] = 255
        let mask = Image(width: 9, height: 7, channels: .grey, pixels: pixels)
        #expect(mask.maskedRegion == Region(x: 3, y: 2, width: 3, height: 3))
        #expect(mask.onlyMaskedRegion(padding: 1, target: (512, 512)) == Region(x: 2, y: 1, width: 5, height: 5))
        #expect(mask.onlyMaskedRegion(padding: .max, target: (512, 512)) == Region(x: 0, y: 0, width: 9, height: 7))
        #expect(mask.onlyMaskedRegion(padding: 0, target: (200, 100)) == Region(x: 2, y: 2, width: 6, height: 3))
    }

    @Test func aWidenedRegionHoldsWhatItHeldLiesWithinAndHasTheProportionsWhereThereIsRoom() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<3000 {
            let (width, height) = (Int.random(in: 1...60, using: &random), Int.random(in: 1...60, using: &random))
            let x = Int.random(in: 0..<width, using: &random)
            let y = Int.random(in: 0..<height, using: &random)
            let region = Region(
                x: x, y: y, width: .random(in: 1...width - x, using: &random),
                height: .random(in: 1...height - y, using: &random))
            let target = (Int.random(in: 1...9, using: &random) * 64, Int.random(in: 1...9, using: &random) * 64)
            let wide = region.widened(toProportionsOf: target, within: width, height)
            #expect(wide.x >= 0 && wide.y >= 0 && wide.x + wide.width <= width && wide.y + wide.height <= height)
            #expect(wide.x <= region.x && wide.columns.upperBound >= region.columns.upperBound)
            #expect(wide.y <= region.y && wide.rows.upperBound >= region.rows.upperBound)
            #expect(wide.width == region.width || wide.height == region.height)
            let ideal = (
                max(region.width, region.height * target.0 / target.1),
                max(region.height, region.width * target.1 / target.0)
            )
            #expect(wide.width == min(ideal.0, width) && wide.height == min(ideal.1, height))
        }
    }

    @Test func invertingTwiceChangesNothing() {
        let picture = Image(width: 2, height: 1, channels: .rgba, pixels: [0, 1, 2, 3, 253, 254, 255, 9])
        #expect(picture.inverted.pixels == [255, 254, 253, 3, 2, 1, 0, 9])
        #expect(picture.inverted.inverted == picture)
    }

    @Test(arguments: [
        ("fill", MaskedContent.fill), ("original", .original), ("latent noise", .latentNoise),
        ("latent_nothing", .latentNothing), ("0", .fill), ("1", .original), ("2", .latentNoise), ("3", .latentNothing),
    ])
    func maskedContentIsReadInEverySpelling(text: String, content: MaskedContent) throws {
        #expect(try MaskedContent.parse(text) == content)
        #expect(try MaskedContent.parse(content.infotextName) == content)
    }
}
