package import DaguerreJobs

/// A form that was sent as `multipart/form-data`.
package struct MultipartForm: Equatable, Sendable {
    /// One field of it.
    package struct Part: Equatable, Sendable {
        /// The field's name.
        package var name: String
        /// The name of the file, where the part is one.
        package var fileName: String?
        /// What was sent.
        package var bytes: [UInt8]
    }

    /// The fields in their order; names may come more than once.
    package var parts: [Part] = []

    /// What a form may hold.
    package struct Limits: Sendable {
        /// Fields.
        package var parts = 64
        /// Bytes of all headers of a part.
        package var headerBytes = 4096
        /// Bytes of a field that is no file.
        package var fieldBytes = 256 << 10
        /// Bytes of a file.
        package var fileBytes = 32 << 20
        /// Bytes of all parts together.
        package var totalBytes = 64 << 20

        /// Fit for pictures.
        package init() {}
    }
}

/// Reads a form as its bytes arrive, and keeps no more than its limits allow.
///
/// Stricter than RFC 2046: nothing stands before the first boundary or after the last but a line's end, no white space
/// follows a boundary, and parts do not nest.
package struct MultipartParser {
    private enum State {
        /// The first boundary is awaited.
        case start
        /// A boundary was read: its line's end or the end of the form is awaited.
        case afterBoundary
        case headers
        case content(MultipartForm.Part)
        case end
    }

    private let limits: MultipartForm.Limits
    private let delimiter: [UInt8]
    private var state = State.start
    /// What has arrived and is not read yet, from `position` on.
    private var buffer: [UInt8] = []
    private var position = 0
    private var total = 0
    private var form = MultipartForm()

    /// - Parameter contentType: of the request: `multipart/form-data; boundary=…`.
    package init(contentType: String, limits: MultipartForm.Limits = .init()) throws(RequestError) {
        self.limits = limits
        let (type, parameters) = try HeaderParameters.parse(contentType, of: "Content-Type")
        guard type.lowercased() == "multipart/form-data" else {
            throw RequestError("Content-Type", found: "\"\(type.prefix(60))\"", expected: "multipart/form-data")
        }
        let boundary = parameters["boundary"] ?? ""
        guard (1...70).contains(boundary.utf8.count), boundary.utf8.allSatisfy(Self.isBoundary),
            !boundary.hasSuffix(" ")
        else {
            throw RequestError(
                "boundary", found: "\"\(boundary.prefix(80))\"", expected: "1 to 70 of the characters of RFC 2046")
        }
        delimiter = Array("\r\n--".utf8) + Array(boundary.utf8)
        // So that the first boundary, too, is a line's end and a boundary.
        buffer = [0x0d, 0x0a]
    }

    private static func isBoundary(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "'()+_,-./:=? ".utf8.contains(byte)
        }
    }

    /// Reads on.
    ///
    /// - Throws: ``DaguerreJobs/RequestError`` saying what is malformed, or which limit is passed.
    package mutating func feed(_ bytes: some Collection<UInt8>) throws(RequestError) {
        total += bytes.count
        guard total <= limits.totalBytes else { throw tooLong("the form", limits.totalBytes) }
        buffer.append(contentsOf: bytes)
        while try advance() {}
        buffer.removeFirst(position)
        position = 0
    }

    /// The form, which must be complete.
    package mutating func finish() throws(RequestError) -> MultipartForm {
        guard case .end = state else { throw malformed("cut off") }
        guard position == buffer.count || buffer[position...].elementsEqual([0x0d, 0x0a]) else {
            throw malformed("with something behind its last boundary")
        }
        return form
    }

    /// Reads the next piece; `false` if more bytes have to arrive first.
    private mutating func advance() throws(RequestError) -> Bool {
        let rest = buffer[position...]
        switch state {
        case .start:
            guard rest.count >= delimiter.count else {
                guard delimiter.starts(with: rest) else { throw malformed("without its boundary at its beginning") }
                return false
            }
            guard rest.starts(with: delimiter) else { throw malformed("without its boundary at its beginning") }
            position += delimiter.count
            state = .afterBoundary
        case .afterBoundary:
            guard rest.count >= 2 else { return false }
            if rest.starts(with: [0x2d, 0x2d]) {
                state = .end
            } else if rest.starts(with: [0x0d, 0x0a]) {
                guard form.parts.count < limits.parts else { throw tooLong("the form", limits.parts, "parts") }
                state = .headers
            } else {
                throw malformed("with something behind a boundary")
            }
            position += 2
        case .headers:
            guard let end = range(of: [0x0d, 0x0a, 0x0d, 0x0a]) else {
                guard rest.count <= limits.headerBytes else { throw tooLong("a part's headers", limits.headerBytes) }
                return false
            }
            guard end.lowerBound - position <= limits.headerBytes else {
                throw tooLong("a part's headers", limits.headerBytes)
            }
            state = .content(try Self.part(headers: rest[..<end.lowerBound]))
            position = end.upperBound
        case .content(var part):
            let found = range(of: delimiter)
            // What may be the beginning of a boundary waits for the rest of it.
            let end = found?.lowerBound ?? max(position, buffer.count - delimiter.count + 1)
            let limit = part.fileName == nil ? limits.fieldBytes : limits.fileBytes
            guard part.bytes.count + end - position <= limit else { throw tooLong("\"\(part.name)\"", limit) }
            // The old value is let go, so that its bytes are added to in place.
            state = .end
            part.bytes.append(contentsOf: buffer[position..<end])
            position = end
            guard let found else {
                state = .content(part)
                return false
            }
            form.parts.append(part)
            position = found.upperBound
            state = .afterBoundary
        case .end:
            guard rest.count <= 2 else { throw malformed("with something behind its last boundary") }
            return false
        }
        return true
    }

    /// Where `pattern`, which begins with a carriage return, is next.
    private func range(of pattern: [UInt8]) -> Range<Int>? {
        var i = position
        while i + pattern.count <= buffer.count {
            if buffer[i] == 0x0d, buffer[i..<i + pattern.count].elementsEqual(pattern) { return i..<i + pattern.count }
            i += 1
        }
        return nil
    }

    /// The part that `headers`, lines without the last one's end, begin.
    private static func part(headers: ArraySlice<UInt8>) throws(RequestError) -> MultipartForm.Part {
        guard let text = String(validating: headers, as: UTF8.self) else {
            throw malformed("with headers that are not UTF-8")
        }
        var disposition: String?
        for line in text.split(separator: "\r\n", omittingEmptySubsequences: false) {
            guard let colon = line.firstIndex(of: ":"),
                line.unicodeScalars.allSatisfy({ $0.value >= 0x20 || $0 == "\t" })
            else { throw malformed("with a line among its headers that is none") }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            switch line[..<colon].lowercased() {
            case "content-disposition":
                guard disposition == nil else { throw malformed("with two dispositions of a part") }
                disposition = String(value)
            case "content-transfer-encoding":
                guard ["binary", "8bit", "7bit"].contains(value.lowercased()) else {
                    throw malformed("with a part in a transfer encoding")
                }
            default: break
            }
        }
        guard let disposition else { throw malformed("with a part that has no disposition") }
        let (type, parameters) = try HeaderParameters.parse(disposition, of: "Content-Disposition")
        guard type.lowercased() == "form-data", let name = parameters["name"], !name.isEmpty else {
            throw malformed("with a part that has no name")
        }
        return .init(name: name, fileName: parameters["filename"] ?? parameters["filename*"], bytes: [])
    }

    private func malformed(_ how: String) -> RequestError { Self.malformed(how) }

    private static func malformed(_ how: String) -> RequestError {
        RequestError("the form", found: "one \(how)", expected: "multipart/form-data as RFC 7578 has it")
    }

    private func tooLong(_ what: String, _ limit: Int, _ unit: String = "bytes") -> RequestError {
        RequestError(
            what, found: "one with more than \(limit) \(unit)", expected: "within the limit of \(limit) \(unit)")
    }
}
