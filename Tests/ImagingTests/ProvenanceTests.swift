import DaguerreImaging
import DaguerrePixels
import Testing

/// XMP beside the infotext.
///
/// That other programs read it was seen with Pillow 13.0.0 and ExifTool 12.57.
@Suite struct ProvenanceTests {
    private static let picture = Image(width: 9, height: 7, filledWith: [10, 200, 90])
    private static let text = "a red apple, ☃"
    private static let address = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

    private func file(_ format: ImageFormat, text: String?) throws -> [UInt8] {
        try ImageFile.encode(Self.picture, as: format, infotext: text, provenance: .trainedAlgorithmicMedia)
    }

    /// The XMP packet where ISO 16684-3 puts it; nil if it is not there.
    private func packet(_ file: [UInt8], _ format: ImageFormat) throws -> String? {
        switch format {
        case .png: return try PNG.decode(file).texts.first { $0.key == "XML:com.adobe.xmp" }?.value
        case .jpeg:
            var place = 2
            while place + 4 < file.count, file[place] == 0xff, file[place + 1] != 0xda {
                let end = place + 2 + Int(file[place + 2]) << 8 + Int(file[place + 3])
                let content = file[place + 4..<end]
                let name = Array("http://ns.adobe.com/xap/1.0/\0".utf8)
                if file[place + 1] == 0xe1, content.starts(with: name) {
                    return String(decoding: content.dropFirst(name.count), as: UTF8.self)
                }
                place = end
            }
            return nil
        case .webp:
            var place = 12
            while place + 8 <= file.count {
                let count = file[place + 4..<place + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
                let content = file[place + 8..<place + 8 + count]
                if file[place..<place + 4].elementsEqual("XMP ".utf8) {
                    return String(decoding: content, as: UTF8.self)
                }
                place += 8 + count + count % 2
            }
            return nil
        }
    }

    @Test(arguments: ImageFormat.allCases, [text, nil])
    func itLiesBesideTheInfotextAndNeitherNeedsTheOther(format: ImageFormat, text: String?) throws {
        let bytes = try file(format, text: text)
        let packet = try #require(try packet(bytes, format))
        #expect(packet.hasPrefix("<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>"))
        #expect(packet.hasSuffix("<?xpacket end=\"r\"?>"))
        #expect(packet.contains("<Iptc4xmpExt:DigitalSourceType>\(Self.address)</Iptc4xmpExt:DigitalSourceType>"))
        let contents = try ImageFile.decode(bytes)
        #expect(contents.infotext == text)
        #expect((contents.image.width, contents.image.height) == (9, 7))
    }

    @Test(arguments: ImageFormat.allCases)
    func whereItIsLeftOutThereIsNoTraceOfIt(format: ImageFormat) throws {
        let plain = try ImageFile.encode(Self.picture, as: format, infotext: Self.text)
        #expect(try packet(plain, format) == nil)
        let bytes = try file(format, text: Self.text)
        #expect(bytes.count > plain.count)
        #expect(try ImageFile.decode(bytes).image == ImageFile.decode(plain).image)
    }

    /// RFC 9649, section 2.7: the features of a file with EXIF, XMP and alpha.
    @Test func aWebPAnnouncesWhatItHolds() throws {
        let clear = Image(width: 9, height: 7, channels: .rgba, filledWith: [1, 2, 3, 4])
        for (image, text, features) in [
            (Self.picture, Self.text, 0x0c), (Self.picture, nil, 4), (clear, Self.text, 0x1c),
        ] {
            let bytes = try ImageFile.encode(
                image, as: .webp, infotext: text, provenance: .trainedAlgorithmicMedia)
            #expect(bytes[12..<16].elementsEqual("VP8X".utf8))
            #expect(Int(bytes[20]) == features)
        }
    }
}
