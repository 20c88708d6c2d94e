import CPNG

extension PNG {
    /// A text chunk in the bytes that the file holds.
    struct Chunk {
        /// The key, then the value.
        let bytes: [UInt8]
        let keyLength: Int
        let isUTF8: Bool

        init(_ text: Text) throws(ImagingError) {
            guard let key = latin1(text.key), (1...79).contains(key.count), !key.contains(0) else {
                throw .invalidTextKey(text.key)
            }
            // A NUL would end the text for readers in C.
            let value = text.value.contains("\0") ? text.value.filter { $0 != "\0" } : text.value
            let narrow = latin1(value)
            keyLength = key.count
            bytes = key + (narrow ?? Array(value.utf8))
            isUTF8 = narrow == nil
        }
    }

    /// Calls `body` with the chunks as libpng's shim wants them, valid during the call only.
    static func withViews<R>(of chunks: [Chunk], _ body: (UnsafeBufferPointer<png_shim_text>) -> R) -> R {
        // One block for all bytes, so that one pointer stays valid for the call.
        let bytes = chunks.flatMap(\.bytes)
        return bytes.withUnsafeBufferPointer { block in
            var offset = 0
            let views = chunks.map { chunk in
                defer { offset += chunk.bytes.count }
                let key = block.baseAddress.map { $0 + offset }
                return png_shim_text(
                    key: key, key_length: chunk.keyLength, value: key.map { $0 + chunk.keyLength },
                    value_length: chunk.bytes.count - chunk.keyLength, is_utf8: chunk.isUTF8 ? 1 : 0)
            }
            return views.withUnsafeBufferPointer(body)
        }
    }

    /// The Latin-1 bytes of `text`, if it has no other characters.
    private static func latin1(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}

extension PNG.Text {
    /// Copies a chunk that was read.
    init(_ read: png_shim_text) {
        func text(_ bytes: UnsafePointer<UInt8>?, _ count: Int, isUTF8: Bool) -> String {
            let bytes = UnsafeBufferPointer(start: bytes, count: count)
            guard !isUTF8 else { return String(decoding: bytes, as: UTF8.self) }
            return String(String.UnicodeScalarView(bytes.map(Unicode.Scalar.init)))
        }
        key = text(read.key, read.key_length, isUTF8: false)
        value = text(read.value, read.value_length, isUTF8: read.is_utf8 != 0)
    }
}
