import DaguerreCheckpoints
import DaguerreTensors

/// Files as `torch.save` writes them, made without PyTorch.
enum TorchArchive {
    /// A dictionary of `tensors`, under `state_dict` if `isTraining`.
    static func bytes(_ tensors: [(name: String, tensor: HostTensor)], isTraining: Bool) -> [UInt8] {
        var pickle: [UInt8] = [0x80, 2]
        func integer(_ value: Int) -> [UInt8] { [0x4a] + number(value, 4) }
        func text(_ text: String) -> [UInt8] { [0x58] + number(text.utf8.count, 4) + Array(text.utf8) }
        func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }
        func tuple(_ values: [Int]) -> [UInt8] { [0x28] + values.flatMap(integer) + [0x74] }
        if isTraining { pickle += [0x7d] + text("state_dict") }
        pickle += [0x7d, 0x28]
        let types: [ElementType: String] = [
            .float32: "FloatStorage", .float16: "HalfStorage", .bfloat16: "BFloat16Storage", .int64: "LongStorage",
        ]
        var entries: [(String, [UInt8])] = []
        for (index, (name, tensor)) in tensors.enumerated() {
            var stride = 1
            let strides = tensor.shape.extents.reversed().map { extent in
                defer { stride *= extent }
                return stride
            }
            pickle += text(name) + global("torch._utils", "_rebuild_tensor_v2") + [0x28, 0x28] + text("storage")
            pickle += global("torch", types[tensor.elementType] ?? "") + text("\(index)") + text("cpu")
            pickle += integer(tensor.shape.elementCount) + [0x74, 0x51] + integer(0) + tuple(tensor.shape.extents)
            pickle +=
                tuple(strides.reversed()) + [0x89] + global("collections", "OrderedDict") + [0x29, 0x52, 0x74, 0x52]
            entries.append(("data/\(index)", tensor.withUnsafeBytes { Array($0) }))
        }
        pickle.append(0x75)
        if isTraining { pickle.append(0x73) }
        return archive([("data.pkl", pickle + [0x2e])] + entries)
    }

    /// A ZIP archive of stored entries in one folder; the checksums are zeros, which nobody looks at.
    static func archive(_ entries: [(name: String, content: [UInt8])]) -> [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for (name, content) in entries {
            let name = Array(("archive/" + name).utf8)
            let sizes = number(0, 4) + number(content.count, 4) + number(content.count, 4) + number(name.count, 2)
            directory += [0x50, 0x4b, 1, 2] + number(20, 2) + number(20, 2) + number(0, 8) + sizes + number(0, 12)
            directory += number(file.count, 4) + name
            file += [0x50, 0x4b, 3, 4] + number(20, 2) + number(0, 8) + sizes + number(0, 2) + name + content
        }
        let count = number(entries.count, 2)
        return file + directory + [0x50, 0x4b, 5, 6] + number(0, 4) + count + count + number(directory.count, 4)
            + number(file.count, 4) + number(0, 2)
    }

    private static func number(_ value: Int, _ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
