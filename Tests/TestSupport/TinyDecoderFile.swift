import DaguerreCheckpoints
public import DaguerreTensors

/// A tiny autoencoder's decoder of the published shape, under the original repository's names; the numbers follow from the
/// names.
public enum TinyDecoderFile {
    /// Its tensors; `channels` are 64 in the published ones.
    public static func tensors(channels: Int = 64) -> [(name: String, tensor: HostTensor)] {
        var shapes: [(String, Shape)] = [("1.weight", [channels, 4, 3, 3]), ("1.bias", [channels])]
        for block in [3, 4, 5, 8, 9, 10, 13, 14, 15, 18] {
            for layer in [0, 2, 4] {
                shapes.append(("\(block).conv.\(layer).weight", [channels, channels, 3, 3]))
                shapes.append(("\(block).conv.\(layer).bias", [channels]))
            }
        }
        shapes += [7, 12, 17].map { ("\($0).weight", [channels, channels, 3, 3]) }
        shapes += [("19.weight", [3, channels, 3, 3]), ("19.bias", [3])]
        return shapes.map { key, shape in
            let tensor = SingleFileFixture.Tensor(key: key, elementType: .float32, shape: shape, digest: nil)
            return (name: key, tensor: tensor.values)
        }
    }

    /// Writes them to the file at `path`.
    public static func write(to path: String, channels: Int = 64) throws {
        try SafetensorsWriter.write(tensors(channels: channels), to: path)
    }
}
