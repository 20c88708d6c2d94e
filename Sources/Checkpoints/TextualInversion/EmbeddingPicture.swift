public import DaguerreTensors
import FoundationEssentials

/// A picture that carries a textual inversion beside its pixels, as the web UI shares them.
///
/// A PNG with a text called `sd-ti-embedding`: base64 of a JSON object, in which each tensor is an object whose only member
/// `TORCHTENSOR` holds lists of numbers in lists. Nothing but that text is read, and nothing of it is run.
public struct EmbeddingPicture: TensorFile {
    /// Bytes that the text may have.
    private static let largestText = 6 << 20

    private static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    private static let keyword = Array("sd-ti-embedding\0".utf8)

    /// The file's base name, or its path inside a folder.
    public let name: String
    /// None: what a picture says beside the vectors does not matter.
    public var metadata: [String: String] { [:] }
    /// The tensors, as if they lay behind each other.
    public let entries: [SafetensorsEntry]
    /// The number of bytes in the picture.
    public let byteCount: Int

    private let tensors: [String: HostTensor]

    /// Reads the textual inversion in the picture `bytes`.
    ///
    /// - Throws: ``CheckpointError/notEmbedding(file:expected:found:)``.
    public init(name: String, bytes: [UInt8]) throws(CheckpointError) {
        guard let text = Self.text(in: bytes), text.count <= Self.largestText else {
            throw .notEmbedding(
                file: name, expected: "a PNG with a text sd-ti-embedding", found: "a picture without one")
        }
        guard let json = Data(base64Encoded: Data(text), options: .ignoreUnknownCharacters),
            let value = Self.parsed([UInt8](json)), case .object(let members) = value
        else {
            throw .notEmbedding(file: name, expected: "sd-ti-embedding to be JSON in base64", found: "something else")
        }
        var named: [(key: String, value: JSONValue)] = []
        for member in members {
            if member.name == "string_to_param", case .object(let parameters) = member.value {
                named += parameters.map { ("string_to_param." + $0.name, $0.value) }
            } else if member.value["TORCHTENSOR"] != nil {
                named.append((member.name, member.value))
            }
        }
        var tensors: [String: HostTensor] = [:]
        var entries: [SafetensorsEntry] = []
        var end = 0
        for (key, value) in named {
            guard let tensor = Self.tensor(value["TORCHTENSOR"]), key.isSafeTensorName else {
                throw .notEmbedding(
                    file: name, expected: "\"\(key.excerpt)\" to be lists of numbers, equally long", found: "others")
            }
            tensors[key] = tensor
            entries.append(
                SafetensorsEntry(
                    key: key, shape: tensor.shape, elementType: .float32, range: end..<end + tensor.byteCount))
            end += tensor.byteCount
        }
        self.name = name
        self.entries = entries
        self.tensors = tensors
        byteCount = bytes.count
    }

    /// The place of tensor `key`, or nil if there is none.
    public func entry(_ key: String) -> SafetensorsEntry? { entries.first { $0.key == key } }

    /// Tensor `key`, or nil if there is none.
    public subscript(key: String) -> HostTensor? { tensors[key] }

    /// Does nothing: the tensors are in memory.
    public func prefetch() {}

    /// Does nothing: the tensors are in memory.
    public func dropPages() {}

    /// Does nothing: the tensors are in memory.
    public func dropPages(_ entry: SafetensorsEntry) {}

    /// The value of the text chunk that holds an embedding; nil where there is none, or no PNG.
    ///
    /// Source: PNG (W3C, third edition) §5.3, §11.3.3: length, name, content and checksum of each chunk.
    private static func text(in bytes: [UInt8]) -> ArraySlice<UInt8>? {
        guard bytes.starts(with: signature) else { return nil }
        var position = signature.count
        while bytes.count - position >= 12 {
            let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            let start = position + 8
            guard length <= bytes.count - start - 4 else { return nil }
            let content = bytes[start..<start + length]
            if bytes[position + 4..<start].elementsEqual("tEXt".utf8), content.starts(with: keyword) {
                return content.dropFirst(keyword.count)
            }
            position = start + length + 4
        }
        return nil
    }

    private static func parsed(_ json: [UInt8]) -> JSONValue? {
        do { return try JSONText.parse(json, maximumDepth: 8) } catch { return nil }
    }

    /// Lists of numbers, or one list, as a tensor; nil where they are not equally long.
    private static func tensor(_ value: JSONValue?) -> HostTensor? {
        guard case .array(let rows)? = value, let first = rows.first else { return nil }
        if case .array(let columns) = first {
            var values: [Float] = []
            for row in rows {
                guard case .array(let numbers) = row, numbers.count == columns.count, let row = floats(numbers) else {
                    return nil
                }
                values += row
            }
            return HostTensor(values, shape: [rows.count, columns.count])
        }
        return floats(rows).map { HostTensor($0, shape: [rows.count]) }
    }

    private static func floats(_ numbers: [JSONValue]) -> [Float]? {
        var values: [Float] = []
        for number in numbers {
            switch number {
            case .integer(let integer): values.append(Float(integer))
            case .number(let text):
                guard let value = Float(text) else { return nil }
                values.append(value)
            default: return nil
            }
        }
        return values
    }
}
