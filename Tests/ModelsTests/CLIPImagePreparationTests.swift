import DaguerreModels
import DaguerrePixels
import DaguerreTensors
import FoundationEssentials
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/pictures.py, transformers 5.23.0 `CLIPImageProcessorPil` with Pillow 13.0.0.
@Suite struct CLIPImagePreparationTests {
    /// The usual one; pictures smaller than what is cut out, bilinear; a size given exactly, neither cut nor normalised.
    @Test(arguments: ["usual", "padded", "exact"])
    func preparedPicturesEqualTransformersToTheBit(_ name: String) throws {
        let fixture = try Fixture("pictures/preparation/expected")
        let preparation = try preparation(named: name)
        var index = 0
        while fixture.has("picture.\(index)") {
            let picture = try image(fixture["picture.\(index)"])
            let prepared = preparation(picture)
            expectClose(nchw(prepared), try fixture["\(name).\(index)"].withBatchAxis, .exact, "\(name), \(index)")
            index += 1
        }
        #expect(index == 6)
    }

    @Test func theUsualOneIsWhatAllOfCLIPsEncodersHave() throws {
        #expect(try decode("{}") == CLIPImagePreparation())
        #expect(CLIPImagePreparation(side: 336).makesSquares(of: 336))
        #expect(!CLIPImagePreparation(side: 336).makesSquares(of: 224))
        #expect(try preparation(named: "usual").makesSquares(of: 15))
        #expect(try !preparation(named: "padded").makesSquares(of: 15))
    }

    @Test func greysAreRepeatedAndTransparencyIsDropped() {
        let preparation = CLIPImagePreparation(side: 3)
        let grey = Image(width: 5, height: 4, channels: .grey, pixels: (0..<20).map { UInt8($0 * 11) })
        #expect(preparation(grey).floats == preparation(grey.converted(to: .rgb)).floats)
        #expect(preparation(grey.converted(to: .rgba)).floats == preparation(grey).floats)
    }

    @Test func aPictureAsThinAsAThreadTakesNoMoreThanItsMiddle() {
        let thread = Image(width: 1, height: 8192, channels: .grey, filledWith: [7])
        #expect(CLIPImagePreparation()(thread).shape == [1, 224, 224, 3])
    }

    @Test(arguments: [
        ("size", "0"), ("size", "{\"shortest_edge\": 100000}"), ("size", "{\"height\": 7, \"width\": -1}"),
        ("crop_size", "4097"), ("crop_size", "{\"shortest_edge\": 9}"), ("resample", "5"), ("image_mean", "[1, 2]"),
        ("image_std", "[1, 1, 0]"), ("image_std", "[]"),
    ])
    func configurationsThatNoPictureCanBePreparedByAreRefused(field: String, value: String) {
        let error = #expect(throws: ModelError.self) { try decode("{\"\(field)\": \(value)}") }
        #expect(error?.description.contains(field) == true)
    }

    private func decode(_ json: String) throws -> CLIPImagePreparation {
        try JSONDecoder().decode(CLIPImagePreparation.self, from: Data(json.utf8))
    }

    private func preparation(named name: String) throws -> CLIPImagePreparation {
        let path = Fixture.path("pictures/preparation/\(name).json")
        return try decode(String(decoding: Data(contentsOf: URL(filePath: path)), as: UTF8.self))
    }
}

/// A picture of bytes `[H, W, 3]`.
func image(_ bytes: HostTensor) -> Image {
    Image(
        width: bytes.shape[1], height: bytes.shape[0], pixels: bytes.withUnsafeBytes { [UInt8]($0) })
}

extension HostTensor {
    /// With an axis of one before the others.
    fileprivate var withBatchAxis: HostTensor { reshaped(Shape([1] + shape.extents)) }
}
