import DaguerrePixels
import DaguerreTensors
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/pixels.py, Pillow 13.0.0.
@Suite struct ResizeTests {
    @Test(arguments: ["one", "column", "grey", "alpha", "smooth", "row"], ResamplingFilter.allCases)
    func everyFilterEqualsPillowToTheBit(name: String, filter: ResamplingFilter) throws {
        let fixture = try Fixture("pixels/resize")
        let input = try fixture.image("\(name).input")
        let sizes = fixture.names(after: "\(name).\(filter.rawValue).")
        #expect(!sizes.isEmpty)
        for size in sizes {
            let expected = try fixture.image("\(name).\(filter.rawValue).\(size)")
            let actual = input.resized(width: expected.width, height: expected.height, filter: filter)
            #expect(actual == expected, "\(size): \(String(describing: difference(actual, expected)))")
        }
    }

    @Test func aPictureOfOneColourKeepsIt() {
        let picture = Image(width: 5, height: 9, filledWith: [3, 77, 255])
        for filter in ResamplingFilter.allCases {
            let resized = picture.resized(width: 83, height: 2, filter: filter)
            #expect(resized == Image(width: 83, height: 2, filledWith: [3, 77, 255]), "\(filter)")
        }
    }
}
