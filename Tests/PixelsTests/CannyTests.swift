import DaguerrePixels
import DaguerreTensors
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/pixels.py, OpenCV 4.11.0.
@Suite struct CannyTests {
    @Test(arguments: ["smooth", "grey", "noise", "one", "row", "column", "small", "blurred"])
    func edgesEqualOpenCVsToTheBit(name: String) throws {
        let fixture = try Fixture("pixels/canny")
        let input = try fixture.image("\(name).input")
        var found = 0
        for thresholds in fixture.names(after: "\(name).") where thresholds != "input" {
            let bounds = thresholds.split(separator: "-").compactMap { Double($0) }
            try #require(bounds.count == 2)
            let edges = input.cannyEdges(low: bounds[0], high: bounds[1])
            let expected = bits(try fixture.bytes("\(name).\(thresholds)"), count: input.pixelCount)
            let differing = expected.indices.filter { edges.pixels[$0] != expected[$0] }
            #expect(differing.isEmpty, "\(thresholds): \(differing.count) pixels, first \(differing.prefix(3))")
            found += expected.count { $0 > 0 }
        }
        #expect(found > 0 || input.pixelCount < 2)
    }

    /// Bits, the highest first, as white and black.
    private func bits(_ bytes: [UInt8], count: Int) -> [UInt8] {
        (0..<count).map { bytes[$0 / 8] >> UInt8(7 - $0 % 8) & 1 == 1 ? 255 : 0 }
    }
}
