import DaguerrePixels
import DaguerreTensors
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/pixels.py, OpenCV 4.11.0.
@Suite struct GaussianBlurTests {
    @Test(arguments: ["mask", "noise", "one", "thin", "smooth"])
    func blurringEqualsOpenCVToTheBit(name: String) throws {
        let fixture = try Fixture("pixels/blur")
        let input = try fixture.image("\(name).input")
        for text in fixture.names(after: "\(name).sigma.") {
            let (sigma, expected) = (try #require(Double(text)), try fixture.image("\(name).sigma.\(text)"))
            let actual = input.gaussianBlurred(sigma: sigma)
            #expect(actual == expected, "\(sigma): \(String(describing: difference(actual, expected)))")
        }
    }

    @Test func nothingIsBlurredBySigmaZero() throws {
        let input = try Fixture("pixels/blur").image("noise.input")
        #expect(input.gaussianBlurred(sigma: 0) == input)
    }

    @Test func oneColourStaysWhateverTheSigma() {
        let picture = Image(width: 3, height: 50, filledWith: [0, 128, 255])
        for sigma in [0.3, 2, 40, 300] { #expect(picture.gaussianBlurred(sigma: sigma) == picture, "\(sigma)") }
    }
}
