import DaguerreCheckpoints
public import DaguerreTensors
import Glibc

/// The tensors of one of `Tests/Fixtures/single-files`, which stores names and shapes; the numbers follow from the names.
///
/// Source: scripts/fixtures/single_files.py, which has the format and the rule.
public struct SingleFileFixture: Sendable {
    /// One line of a list.
    public struct Tensor: Sendable {
        /// The tensor's name.
        public let key: String
        /// How one element is stored.
        public let elementType: ElementType
        /// Extents, outermost first.
        public let shape: Shape
        /// The first 16 digits of the SHA-256 of its bytes, where the list has them.
        public let digest: String?

        /// Bytes that the elements take.
        public var byteCount: Int { shape.elementCount * elementType.byteCount }
    }

    /// In the order of their names.
    public let tensors: [Tensor]

    /// Reads `single-files/<name>`: `sd1.original`; or a list of another folder.
    public init(_ name: String, in folder: String = "single-files") throws {
        let bytes = try HostBytes(path: Fixture.path(folder + "/" + name)).withUnsafeBytes { Array($0) }
        var before = ""
        tensors = try String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count >= 4, let shared = Int(fields[0]), let type = ElementType(rawValue: String(fields[2]))
            else { throw CheckpointError.unreadable(file: name, reason: "line \"\(line)\"") }
            before = String(before.prefix(shared)) + fields[1]
            return Tensor(
                key: before, elementType: type, shape: Shape(fields[3].split(separator: ",").compactMap { Int($0) }),
                digest: fields.count > 4 ? String(fields[4]) : nil)
        }
    }

    /// Writes the tensors with their numbers.
    public func write(
        to path: String, metadata: [String: String] = [:], where isWritten: (String) -> Bool = { _ in true }
    ) throws {
        let written = tensors.filter { isWritten($0.key) }.map { (name: $0.key, tensor: $0.values) }
        try SafetensorsWriter.write(written, metadata: metadata, to: path)
    }

    /// Writes a file of the full size whose data is one hole, which takes no room on the disk.
    public func writeHole(to path: String) throws {
        var offset = 0
        var members: [String] = []
        for tensor in tensors {
            let end = offset + tensor.byteCount
            let names: [ElementType: String] = [.float16: "F16", .float32: "F32", .int64: "I64"]
            members.append(
                "\"\(tensor.key)\":{\"dtype\":\"\(names[tensor.elementType] ?? "")\",\"shape\":"
                    + "[\(tensor.shape.extents.map(String.init).joined(separator: ","))],"
                    + "\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        let header = Array("{\(members.joined(separator: ","))}".utf8)
        let start = withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header
        guard let file = fopen(path, "w") else { throw CheckpointError.unwritable(file: path, reason: "fopen") }
        defer { fclose(file) }
        fwrite(start, 1, start.count, file)
        fflush(file)
        guard ftruncate(fileno(file), start.count + offset) == 0 else {
            throw CheckpointError.unwritable(file: path, reason: "ftruncate")
        }
    }
}

extension SingleFileFixture.Tensor {
    /// splitmix64, seeded by the name's FNV-1a, scaled so that activations stay sane.
    public var values: HostTensor {
        HostTensor(shape: shape, elementType: elementType) { target in
            let count = shape.elementCount
            guard elementType != .int64 else {
                for i in 0..<count { target.storeBytes(of: Int64(i), toByteOffset: 8 * i, as: Int64.self) }
                return
            }
            let state = key.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
            let scale = shape.rank >= 2 ? Float((3 / (Double(count) / Double(shape[0]))).squareRoot()) : 0
            for i in 0..<count {
                var z = state &+ UInt64(i + 1) &* 0x9e37_79b9_7f4a_7c15
                z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
                z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
                z ^= z >> 31
                let unit = Float(Int(z >> 48) - 32768) / 32768
                let value =
                    shape.rank >= 2 ? unit * scale : key.hasSuffix("weight") ? 1 + 0.25 * unit : 0.125 * unit
                switch elementType {
                case .float16:
                    target.storeBytes(of: HalfPrecision.float16(value), toByteOffset: 2 * i, as: UInt16.self)
                case .bfloat16:
                    target.storeBytes(of: HalfPrecision.bfloat16(value), toByteOffset: 2 * i, as: UInt16.self)
                default: target.storeBytes(of: value, toByteOffset: 4 * i, as: Float.self)
                }
            }
        }
    }
}
