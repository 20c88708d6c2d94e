import DaguerrePixels
import DaguerreTensors
import TestSupport

extension Fixture {
    /// The picture called `key`: `[H, W]` or `[H, W, C]`.
    func image(_ key: String) throws -> Image {
        let tensor = try self[key]
        let channels = tensor.shape.rank == 2 ? .grey : Image.Channels(rawValue: tensor.shape[2])
        guard let channels else { throw FixtureShape(key: key, shape: "\(tensor.shape)") }
        return Image(
            width: tensor.shape[1], height: tensor.shape[0], channels: channels, pixels: try bytes(key))
    }

    /// The elements of the uint8 tensor called `key`.
    func bytes(_ key: String) throws -> [UInt8] { try self[key].withUnsafeBytes { Array($0) } }

    /// What the names that start with `prefix` go on with.
    func names(after prefix: String) -> [String] {
        keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }
}

/// A tensor that is no picture.
struct FixtureShape: Error, CustomStringConvertible {
    let key, shape: String

    var description: String { "the tensor \"\(key)\" is \(shape), expected [H, W] or [H, W, C]" }
}

/// How many samples of two pictures differ, and by how much at most; nil where their sizes do.
func difference(_ actual: Image, _ expected: Image) -> (count: Int, most: Int)? {
    guard actual.width == expected.width, actual.height == expected.height, actual.channels == expected.channels
    else { return nil }
    let gaps = zip(actual.pixels, expected.pixels).map { abs(Int($0) - Int($1)) }
    return (gaps.count { $0 > 0 }, gaps.max() ?? 0)
}
