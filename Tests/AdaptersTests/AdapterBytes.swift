import DaguerreAdapters
import DaguerreCheckpoints
import DaguerreTensors
import FoundationEssentials

/// An adapter file of the given shapes, in memory; elements are small and differ.
///
/// - Parameters:
///   - tensors: shapes by key, all float32.
///   - alphas: numbers by key, each a tensor of rank 0.
func adapterFile(
    _ tensors: [String: Shape], alphas: [String: Float] = [:], metadata: [String: String] = [:],
    name: String = "test.safetensors"
) throws -> SafetensorsFile {
    var all: [(name: String, tensor: HostTensor)] = tensors.sorted { $0.key < $1.key }.map { key, shape in
        let values = (0..<shape.elementCount).map { Float(($0 * 37 + key.utf8.count) % 19 - 9) / 40 }
        return (key, HostTensor(values, shape: shape))
    }
    all += alphas.sorted { $0.key < $1.key }.map { ($0.key, HostTensor([$0.value], shape: [])) }
    let path = FileManager.default.temporaryDirectory.appending(path: "adapter-\(UUID().uuidString).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try SafetensorsWriter.write(all, metadata: metadata, to: path)
    let bytes = try HostBytes(path: path, mapping: .read)
    return try SafetensorsFile(name: name, bytes: bytes)
}
