public import DaguerreTensors
import Glibc

/// Writes safetensors files that appear whole or not at all.
public enum SafetensorsWriter {
    /// Writes `tensors` in the order given to a new file beside `path`, then renames it to `path`.
    ///
    /// - Throws: ``CheckpointError/unwritable(file:reason:)``; ``CheckpointError/malformed(file:key:rule:found:)`` for
    ///   tensors that the reader would refuse.
    public static func write(
        _ tensors: [(name: String, tensor: HostTensor)], metadata: [String: String] = [:], to path: String
    ) throws(CheckpointError) {
        try write(tensors.map { PlannedTensor($0.name, $0.tensor) }, metadata: metadata, to: path)
    }

    /// Makes and writes one tensor after the other to a new file beside `path`, then renames it to `path`.
    ///
    /// No more than one tensor is in memory beside the pages of its source, and none of those that were written before.
    ///
    /// - Parameters:
    ///   - replacing: whether a file that is there is replaced.
    ///   - progress: is told of the bytes written since it was called last; false ends the writing.
    /// - Returns: how many numbers became infinite because their new type has none so large.
    /// - Throws: as ``write(_:metadata:to:)``.
    @discardableResult public static func write(
        _ tensors: [PlannedTensor], metadata: [String: String] = [:], to path: String, replacing: Bool = true,
        progress: (Int) -> Bool = { _ in true }
    ) throws(CheckpointError) -> Int {
        let file = path.baseName
        let header = try header(tensors, metadata, file: file)
        guard !path.contains("\0") else { throw .unwritable(file: file, reason: "its name holds a NUL") }
        // Not made of the file's own name, which may be as long as names may be.
        let temporary = path.folderPrefix + ".\(getpid())-\(UInt32.random(in: .min ... .max)).part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .unwritable(file: file, reason: lastSystemError()) }
        var conversion = ElementConversion()
        var reason = header.withUnsafeBytes { writeAll($0, to: descriptor) }
        for tensor in tensors where reason == nil {
            guard let made = tensor.tensor() else {
                reason = "tensor \"\(tensor.name.excerpt)\" is not there any more"
                break
            }
            reason = conversion.forEachPiece(of: made, as: tensor.elementType) { piece in
                if let reason = writeAll(piece, to: descriptor) { return reason }
                return progress(piece.count) ? nil : interrupted
            }
            tensor.release()
        }
        if reason == nil, fsync(descriptor) != 0 { reason = lastSystemError() }
        if close(descriptor) != 0, reason == nil { reason = lastSystemError() }
        if reason == nil { reason = move(temporary, to: path, replacing: replacing) }
        guard let reason else { return conversion.overflowCount }
        unlink(temporary)
        throw .unwritable(file: file, reason: reason)
    }

    /// Why a file was not written when its writer was told to stop.
    package static let interrupted = "the conversion was interrupted"

    /// A hard link, unlike a rename, refuses to replace; where a file system has none, look before the rename.
    private static func move(_ temporary: String, to path: String, replacing: Bool) -> String? {
        if replacing { return rename(temporary, path) == 0 ? nil : lastSystemError() }
        if link(temporary, path) == 0 {
            unlink(temporary)
            return nil
        }
        guard [EPERM, ENOTSUP, ENOSYS, EINVAL].contains(errno) else { return lastSystemError() }
        guard access(path, F_OK) != 0 else { return String(cString: strerror(EEXIST)) }
        return rename(temporary, path) == 0 ? nil : lastSystemError()
    }

    /// The header and its length, padded with spaces so that the data starts at a multiple of eight bytes.
    private static func header(
        _ tensors: [PlannedTensor], _ metadata: [String: String], file: String
    ) throws(CheckpointError) -> [UInt8] {
        guard tensors.count <= SafetensorsLimits.tensorCount else {
            throw .malformed(file: file, key: nil, rule: .tensorCount, found: "\(tensors.count)")
        }
        var members: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }.map { "\($0.key.jsonText):\($0.value.jsonText)" }
            members.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
        }
        var names: Set<String> = ["__metadata__"]
        var offset = 0
        for tensor in tensors {
            let name = tensor.name
            guard name.isSafeTensorName else { throw .malformed(file: file, key: name, rule: .names, found: "another") }
            guard names.insert(name).inserted else {
                throw .malformed(file: file, key: name, rule: .uniqueNames, found: "it twice")
            }
            guard tensor.shape.rank <= SafetensorsLimits.rank else {
                throw .malformed(file: file, key: name, rule: .rank, found: "\(tensor.shape.rank)")
            }
            guard !tensor.isWithoutBytes else {
                throw .malformed(file: file, key: name, rule: .byteCount, found: "a tensor without bytes")
            }
            let end = offset + tensor.byteCount
            let extents = tensor.shape.extents.map(String.init).joined(separator: ",")
            members.append(
                "\(name.jsonText):{\"dtype\":\"\(tensor.elementType.safetensorsName)\","
                    + "\"shape\":[\(extents)],\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var text = Array("{\(members.joined(separator: ","))}".utf8)
        text += repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
        guard text.count <= SafetensorsLimits.headerBytes else {
            throw .malformed(file: file, key: nil, rule: .headerSize, found: "\(text.count)")
        }
        return withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text
    }

    /// Writes all of `bytes`; returns why it could not.
    private static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> String? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count < 0 ? lastSystemError() : "nothing more could be written" }
            rest = rest.dropFirst(count)
        }
        return nil
    }
}

extension String {
    /// The text as a JSON string with its quotes.
    var jsonText: String {
        var text = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
