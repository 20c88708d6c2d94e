import DaguerreCheckpoints
import DaguerreTensors

/// Opens the bytes as a file of `torch.save`, and reads every number of every tensor that was let through.
///
/// Whatever the bytes are, the answer must be a list or a `PickleProblem`, and the list must be one that the other
/// process accepts: a trap, a read outside the bytes, a leak or a long wait ends the run. Bytes that are no archive are
/// also taken as the pickle itself, within a sound archive around them, lest the fuzzer have to find checksums.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPickle(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    read(bytes.starts(with: [0x50, 0x4b]) ? bytes : archive(bytes))
    return 0
}

private func read(_ bytes: [UInt8]) {
    let listing: [UInt8]
    do {
        listing = try TorchCheckpoint(ByteSource(bytes)).listing
    } catch {
        guard !error.description.contains("\n"), error.description.utf8.count < 2000 else { return broken() }
        return
    }
    do {
        let file = try PickledFile(name: "fuzz.ckpt", bytes: HostBytes(copying: bytes), listing: listing)
        var sum = 0
        for entry in file.entries {
            guard let tensor = file[entry.key], tensor.shape == entry.shape else { return broken() }
            tensor.withUnsafeBytes { sum = $0.reduce(sum) { $0 &+ Int($1) } }
        }
        guard sum != Int.min else { return broken() }
    } catch {
        broken()
    }
}

/// An archive of torch.save with `pickle` and one storage of 64 bytes.
private func archive(_ pickle: [UInt8]) -> [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    func number(_ value: Int, _ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let entries = [("a/data.pkl", pickle), ("a/data/0", [UInt8](repeating: 7, count: 64))]
    for (name, content) in entries {
        let sizes = number(0, 4) + number(content.count, 4) + number(content.count, 4) + number(name.utf8.count, 2)
        let offset = file.count
        file += [0x50, 0x4b, 3, 4] + number(20, 2) + number(0, 8) + sizes + number(0, 2) + Array(name.utf8) + content
        directory += [0x50, 0x4b, 1, 2] + number(20, 2) + number(20, 2) + number(0, 8) + sizes + number(0, 12)
        directory += number(offset, 4) + Array(name.utf8)
    }
    let count = number(entries.count, 2)
    return file + directory + [0x50, 0x4b, 5, 6] + number(0, 4) + count + count + number(directory.count, 4)
        + number(file.count, 4) + number(0, 2)
}

/// Stops the run: what the reader let through breaks its own promise.
private func broken() {
    preconditionFailure("the reader let through a file that breaks its rules")
}
