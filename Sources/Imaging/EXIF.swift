import DaguerrePixels

/// What an EXIF block says of a picture, as far as it matters here.
///
/// Source: EXIF 2.32 (CIPA DC-008), sections 4.5 and 4.6; TIFF 6.0.
struct EXIF: Equatable {
    /// How the stored picture is to be turned.
    let orientation: Orientation
    /// A text in the user's words, where the web UI keeps how a picture was made.
    let userComment: String?

    /// Reads a block, with or without `Exif\0\0` before it; nil if it is none.
    ///
    /// What is damaged within is left out: it must not make a picture unreadable that is whole.
    init?(_ block: [UInt8]) {
        let label = Array("Exif\0\0".utf8)
        let bytes = block.starts(with: label) ? Array(block.dropFirst(label.count)) : block
        guard let directories = TIFFDirectories(bytes) else { return nil }
        let main = directories.entries(at: directories.first)
        orientation = main[Tag.orientation].flatMap { directories.number($0) }.flatMap(Orientation.init) ?? .upright
        let details = main[Tag.exifDirectory].flatMap { directories.number($0) }.map { directories.entries(at: $0) }
        let comment = (details?[Tag.userComment] ?? main[Tag.userComment]).flatMap { directories.content($0) }
        userComment = comment.flatMap { UserComment.text(Array($0), isBigEndian: directories.isBigEndian) }
    }

    /// A block that holds a user comment and nothing else.
    static func bytes(userComment text: String) -> [UInt8] {
        let comment = UserComment.bytes(text)
        func two(_ value: Int) -> [UInt8] { [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)] }
        func four(_ value: Int) -> [UInt8] { two(value >> 16) + two(value) }
        func directory(_ tag: UInt16, type: TIFFDirectories.FieldType, count: Int, value: Int) -> [UInt8] {
            two(1) + two(Int(tag)) + two(type.rawValue) + four(count) + four(value) + four(0)
        }
        // Header at 0, the main directory at 8, the one of EXIF at 26, the comment at 44.
        return Array("MM".utf8) + two(42) + four(8)
            + directory(Tag.exifDirectory, type: .long, count: 1, value: 26)
            + directory(Tag.userComment, type: .undefined, count: comment.count, value: 44) + comment
    }

    private enum Tag {
        static let orientation: UInt16 = 0x0112
        static let exifDirectory: UInt16 = 0x8769
        static let userComment: UInt16 = 0x9286
    }
}
