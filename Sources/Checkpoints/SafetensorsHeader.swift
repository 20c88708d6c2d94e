import DaguerreTensors

/// The checked header of a safetensors file.
struct SafetensorsHeader {
    var metadata: [String: String] = [:]
    /// In the order of their bytes.
    var entries: [SafetensorsEntry] = []

    private let file: String

    /// Checks every rule of ``SafetensorsRule`` on the file's whole `bytes`.
    init(file: String, bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        self.file = file
        guard bytes.count >= 8 else { throw problem(.headerLength, found: "a file of \(bytes.count) bytes") }
        guard !bytes.starts(with: gitLFSPointer) else {
            throw .unreadable(
                file: file, reason: "it is a pointer of Git LFS to the file; run git lfs pull in the model's folder")
        }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(SafetensorsLimits.headerBytes) else {
            throw problem(.headerSize, found: "a length of \(length)")
        }
        let dataStart = 8 + Int(length)
        guard dataStart <= bytes.count else {
            throw problem(.headerLength, found: "a header of \(length) bytes in a file of \(bytes.count)")
        }
        for member in try members(UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart])) {
            if member.name == "__metadata__" {
                metadata = try texts(member.value)
            } else {
                entries.append(try entry(member, dataStart: dataStart, fileEnd: bytes.count))
            }
        }
        entries.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
        try checkContiguity(from: dataStart, to: bytes.count)
    }

    private func problem(_ rule: SafetensorsRule, key: String? = nil, found: String) -> CheckpointError {
        .malformed(file: file, key: key, rule: rule, found: found)
    }

    private func members(_ text: UnsafeRawBufferPointer) throws(CheckpointError) -> [JSONMember] {
        guard text.first == UInt8(ascii: "{") else {
            throw problem(.headerText, found: text.isEmpty ? "nothing" : "something else than \"{\" at its start")
        }
        let end = (text.lastIndex { $0 != 0x20 } ?? 0) + 1
        guard text[end - 1] == UInt8(ascii: "}") else { throw problem(.headerText, found: "text after the object") }
        let value: JSONValue
        do {
            // metadata and tensors are objects in an object, shapes lists in them
            value = try JSONText.parse(UnsafeRawBufferPointer(rebasing: text[..<end]), maximumDepth: 3)
        } catch {
            throw switch error.kind {
            case .duplicate: problem(.uniqueNames, key: error.found, found: "it twice")
            case .syntax, .depth: problem(.headerText, found: error.found)
            }
        }
        guard case .object(let members) = value else { throw problem(.headerText, found: "another value") }
        let tensorCount = members.count { $0.name != "__metadata__" }
        guard tensorCount <= SafetensorsLimits.tensorCount else { throw problem(.tensorCount, found: "\(tensorCount)") }
        return members
    }

    private func texts(_ value: JSONValue) throws(CheckpointError) -> [String: String] {
        guard case .object(let members) = value else { throw problem(.metadata, found: "another value") }
        var texts: [String: String] = [:]
        for member in members {
            guard case .string(let text) = member.value else {
                throw problem(.metadata, found: "a value under \"\(member.name)\" that is not a string")
            }
            texts[member.name] = text
        }
        return texts
    }

    private func entry(
        _ member: JSONMember, dataStart: Int, fileEnd: Int
    ) throws(CheckpointError) -> SafetensorsEntry {
        let key = member.name
        guard key.isSafeTensorName else { throw problem(.names, key: key, found: "another") }
        guard case .object(let fields) = member.value, fields.count == 3,
            let dtype = member.value["dtype"], let shape = member.value["shape"],
            let offsets = member.value["data_offsets"]
        else { throw problem(.fields, key: key, found: fieldNames(member.value)) }
        let elementType = try elementType(dtype, key: key)
        let extents = try extents(shape, key: key)
        guard case .array(let ends) = offsets, ends.count == 2, case .integer(let begin) = ends[0],
            case .integer(let end) = ends[1], begin >= 0, begin <= end, end <= fileEnd - dataStart
        else { throw problem(.offsets, key: key, found: offsets.shortText) }
        // Zeros count as ones here: the product of any of the extents can be taken without overflow.
        var bound = elementType.byteCount
        for extent in extents {
            let (product, overflows) = bound.multipliedReportingOverflow(by: max(extent, 1))
            guard !overflows else { throw problem(.elementCount, key: key, found: "shape \(shape.shortText)") }
            bound = product
        }
        let byteCount = extents.contains(0) ? 0 : bound
        guard byteCount == end - begin else {
            throw problem(.byteCount, key: key, found: "\(end - begin) bytes for \(byteCount)")
        }
        return SafetensorsEntry(
            key: key, shape: Shape(extents), elementType: elementType, range: dataStart + begin..<dataStart + end)
    }

    private func fieldNames(_ value: JSONValue) -> String {
        guard case .object(let fields) = value else { return "another value" }
        return fields.isEmpty ? "none" : fields.prefix(4).map(\.name).joined(separator: ", ")
    }

    private func elementType(_ value: JSONValue, key: String) throws(CheckpointError) -> ElementType {
        guard case .string(let name) = value else { throw problem(.elementType, key: key, found: value.shortText) }
        if let type = ElementType(safetensors: name) { return type }
        if unsupportedTypes.contains(name) {
            throw CheckpointError.unsupportedElementType(file: file, key: key, found: name)
        }
        throw problem(.elementType, key: key, found: name)
    }

    private func extents(_ value: JSONValue, key: String) throws(CheckpointError) -> [Int] {
        guard case .array(let values) = value else { throw problem(.shape, key: key, found: value.shortText) }
        guard values.count <= SafetensorsLimits.rank else {
            throw problem(.rank, key: key, found: "\(values.count)")
        }
        var extents: [Int] = []
        for element in values {
            guard case .integer(let extent) = element, extent >= 0 else {
                throw problem(.shape, key: key, found: value.shortText)
            }
            extents.append(extent)
        }
        return extents
    }

    private func checkContiguity(from start: Int, to fileEnd: Int) throws(CheckpointError) {
        var end = start
        for entry in entries {
            guard entry.range.lowerBound == end else {
                let gap = entry.range.lowerBound < end ? "an overlap" : "a hole"
                throw problem(.contiguity, key: entry.key, found: "\(gap) before offset \(end - start)")
            }
            end = entry.range.upperBound
        }
        guard end == fileEnd else { throw problem(.fileSize, found: "\(fileEnd - end) more bytes") }
    }
}

/// What stands in place of a large file where a repository was cloned without Git LFS.
private let gitLFSPointer = Array("version https://git-lfs.github.com/".utf8)

/// Element types of the format that no operation here computes with.
private let unsupportedTypes: Set<String> = [
    "U16", "U32", "U64", "C64", "F4", "F6_E2M3", "F6_E3M2", "F8_E4M3", "F8_E4M3FN", "F8_E4M3FNUZ", "F8_E5M2",
    "F8_E5M2FNUZ", "F8_E8M0",
]

extension ElementType {
    /// The type that a safetensors header calls `name`.
    init?(safetensors name: String) {
        guard let type = Self.allCases.first(where: { $0.safetensorsName == name }) else { return nil }
        self = type
    }

    /// What a safetensors header calls this type.
    var safetensorsName: String {
        switch self {
        case .float64: "F64"
        case .float32: "F32"
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .int64: "I64"
        case .int32: "I32"
        case .int16: "I16"
        case .int8: "I8"
        case .uint8: "U8"
        case .bool: "BOOL"
        }
    }
}

extension String {
    /// Whether a tensor may be called this: short, printable, and not a step between folders.
    var isSafeTensorName: Bool {
        !isEmpty && utf8.count <= SafetensorsLimits.nameBytes && unicodeScalars.allSatisfy(\.isSafeInNames)
            && utf8.first != UInt8(ascii: "/") && !utf8.contains(UInt8(ascii: "\\"))
            && !utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) }
    }
}

extension JSONValue {
    /// The value on one line, shortened where it is long.
    var shortText: String {
        switch self {
        case .object: "an object"
        case .array(let values):
            "[" + values.prefix(8).map(\.shortText).joined(separator: ", ") + (values.count > 8 ? ", …]" : "]")
        case .string(let text): "\"\(text.excerpt)\""
        case .integer(let value): String(value)
        case .number(let text): text.excerpt
        case .bool(let value): String(value)
        case .null: "null"
        }
    }
}
