import DaguerreCheckpoints
import DaguerreTensors

/// Opens the bytes as a safetensors file and reads what it let through: every byte of every tensor, every name.
///
/// Whatever the bytes are, the reader must answer with a file or with a `CheckpointError`: a trap, a read outside the
/// bytes, a leak or a long wait ends the run.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSafetensors(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = HostBytes(copying: Array(UnsafeBufferPointer(start: start, count: count)))
    do {
        let file = try SafetensorsFile(name: "fuzz.safetensors", bytes: bytes)
        let store = try WeightStore(files: [file])
        var end = file.entries.first?.range.lowerBound ?? count
        var sum = 0
        for entry in file.entries {
            guard entry.range.lowerBound == end, let tensor = store[entry.key] else { return broken() }
            end = entry.range.upperBound
            tensor.withUnsafeBytes { sum = $0.reduce(sum) { $0 &+ Int($1) } }
            guard tensor.byteCount == entry.range.count, tensor.shape.rows >= 0 else { return broken() }
            if tensor.shape.elementCount < 1 << 16 { sum &+= tensor.floats.count }
        }
        guard end == count, sum != Int.min else { return broken() }
    } catch {
        guard !error.description.contains("\n"), error.description.utf8.count < 2000 else { return broken() }
    }
    return 0
}

/// Stops the run: what the reader let through breaks its own promise.
private func broken() -> CInt {
    preconditionFailure("the reader let through a file that breaks its rules")
}
