import DaguerrePixels
import Testing

@Suite struct SmoothFillTests {
    /// A slope from left to right with a hole in it.
    private static func slope(_ width: Int, _ height: Int) -> (picture: Image, hole: Image) {
        let pixels = (0..<width * height).flatMap { i -> [UInt8] in
            let x = UInt8(255 * (i % width) / (width - 1))
            return [x, 255 - x, 77]
        }
        let hole = (0..<width * height).map { i -> UInt8 in
            (width / 4..<3 * width / 4).contains(i % width) && (height / 4..<3 * height / 4).contains(i / width)
                ? 255 : 0
        }
        return (
            Image(width: width, height: height, pixels: pixels),
            Image(width: width, height: height, channels: .grey, pixels: hole)
        )
    }

    @Test(arguments: [(8, 8), (83, 7), (64, 33), (100, 100)])
    func whatTheMaskLeavesOutStaysAndTheRestLiesBetween(width: Int, height: Int) throws {
        let (picture, hole) = Self.slope(width, height)
        // What is under the hole must not matter.
        let spoilt = Image(width: width, height: height, filledWith: [0, 255, 0]).composited(over: picture, mask: hole)
        let filled = spoilt.smoothlyFilled(where: hole)
        #expect(filled == picture.smoothlyFilled(where: hole))
        for i in picture.pixels.indices {
            if hole.pixels[i / 3] == 0 { #expect(filled.pixels[i] == picture.pixels[i]) }
            if i % 3 == 2 { #expect(filled.pixels[i] == 77) }
        }
    }

    @Test func aSlopeGoesOnThroughTheHole() {
        let (picture, hole) = Self.slope(96, 96)
        let filled = picture.smoothlyFilled(where: hole)
        let worst = zip(filled.pixels, picture.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
        #expect(worst <= 40, "off by \(worst)")
        let row = (0..<96).map { Int(filled[$0, 48].first ?? 0) }
        let jumps = zip(row, row.dropFirst()).map { abs($1 - $0) }
        #expect((jumps.max() ?? 0) <= 30, "\(row)")
    }

    @Test func onePixelIsEnough() {
        var mask = [UInt8](repeating: 255, count: 37 * 41)
        mask[5 * 37 + 30] = 0
        let picture = Image(width: 37, height: 41, pixels: (0..<37 * 41).flatMap { [UInt8($0 % 251), 3, 99] })
        let color = Array(picture[30, 5])
        let filled = picture.smoothlyFilled(where: Image(width: 37, height: 41, channels: .grey, pixels: mask))
        #expect(filled == Image(width: 37, height: 41, filledWith: color))
    }

    @Test func aMaskThatCoversAllLeavesThePicture() {
        let (picture, _) = Self.slope(9, 5)
        let all = Image(width: 9, height: 5, channels: .grey, filledWith: [255])
        #expect(picture.smoothlyFilled(where: all) == picture)
    }

    @Test func outpaintingKeepsThePictureAndMasksTheBorder() throws {
        let (picture, _) = Self.slope(20, 12)
        let border = Outpainting(left: 6, bottom: 8, overlap: 2)
        let (canvas, mask) = try border.canvas(of: picture)
        #expect((canvas.width, canvas.height, mask.width, mask.height) == (26, 20, 26, 20))
        #expect(canvas.cropped(to: Region(x: 6, y: 0, width: 20, height: 12)) == picture)
        for y in 0..<20 {
            for x in 0..<26 { #expect(mask[x, y].first == (x >= 8 && y < 10 ? 0 : 255), "\(x), \(y)") }
        }
        // Overlaps that meet leave nothing.
        let all = try Outpainting(left: 1, right: 1, overlap: 200).canvas(of: picture).mask
        #expect(all == Image(width: 22, height: 12, channels: .grey, filledWith: [255]))
    }

    @Test func aCanvasOutOfBoundsIsRefusedByName() {
        let picture = Image(width: 20, height: 12, filledWith: [1, 2, 3])
        for (border, text) in [
            (Outpainting(left: -1), "left is -1"), (Outpainting(top: .max), "top is"),
            (Outpainting(right: 8190), "the longer side is 8210"),
            (Outpainting(top: 8000, right: 8000), "the number of pixels is 64256240"),
        ] {
            #expect(throws: PixelsError.self) { try border.canvas(of: picture) }
            do { _ = try border.canvas(of: picture) } catch { #expect("\(error)".contains(text)) }
        }
    }
}
