import DaguerrePixels
import DaguerreTensors
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/pixels.py, Pillow 13.0.0.
@Suite struct ChannelConversionTests {
    private static let modes: [(name: String, channels: Image.Channels)] = [
        ("L", .grey), ("RGB", .rgb), ("RGBA", .rgba),
    ]

    @Test func everyConversionEqualsPillowToTheBit() throws {
        let fixture = try Fixture("pixels/convert")
        for source in Self.modes {
            for target in Self.modes {
                let input = try fixture.image("\(source.name).to.\(source.name)")
                let expected = try fixture.image("\(source.name).to.\(target.name)")
                #expect(input.converted(to: target.channels) == expected, "\(source.name) to \(target.name)")
            }
        }
    }

    @Test func alphaIsTheFourthSample() throws {
        let picture = Image(width: 2, height: 1, channels: .rgba, pixels: [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(picture.alpha == Image(width: 2, height: 1, channels: .grey, pixels: [4, 8]))
        #expect(picture.converted(to: .rgb).alpha == nil)
    }
}
