import DaguerreTensors

extension ModelFiles {
    /// What tells this model from another: 64 hexadecimal digits.
    ///
    /// SHA-256 over, for each file that a pipeline may read (`*.safetensors`, `*.json`, `*.txt`) in the order of their
    /// paths' bytes: the path, a zero byte, the size (eight bytes, little endian), and the contents. Of a safetensors
    /// file the contents are its header and, of each tensor, the first and last 4096 bytes, so that a checkpoint of
    /// gigabytes takes milliseconds. A file that cannot be read, which is therefore no part of a model that loads (a
    /// pointer of Git LFS beside the folders, say), counts with its path and size. Two checkpoints that were trained apart differ in every tensor and so in the
    /// digest; that nobody has altered a file is for a digest of the whole file to show.
    public func digest() throws(CheckpointError) -> String {
        var digest = SHA256()
        let sizes = try sizes().filter { path, _ in
            [".safetensors", ".json", ".txt"].contains { path.hasSuffix($0) }
        }
        for path in sizes.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            let contents = DigestedContents(path, of: self)
            digest.update(Array(path.utf8) + [0])
            digest.update(withUnsafeBytes(of: UInt64(contents.byteCount ?? sizes[path] ?? 0).littleEndian, Array.init))
            contents.update(&digest)
        }
        return digest.hexadecimal()
    }
}

/// What the digest takes of one file.
private enum DigestedContents {
    case tensors(SafetensorsFile)
    case bytes([UInt8])
    case unreadable

    init(_ path: String, of model: some ModelFiles) {
        do {
            self =
                path.hasSuffix(".safetensors")
                ? .tensors(try model.safetensors(path, mapping: .mapped)) : .bytes(try model.bytes(path) ?? [])
        } catch {
            // Whoever needs the file says what is wrong with it.
            self = .unreadable
        }
    }

    var byteCount: Int? {
        switch self {
        case .tensors(let file): file.byteCount
        case .bytes(let bytes): bytes.count
        case .unreadable: nil
        }
    }

    func update(_ digest: inout SHA256) {
        switch self {
        case .tensors(let file): file.updateSample(&digest)
        case .bytes(let bytes): digest.update(bytes)
        case .unreadable: break
        }
    }
}

extension SafetensorsFile {
    /// Bytes taken from each end of a tensor.
    private static let sampleBytes = 4096

    /// Takes the header and both ends of each tensor into `digest`.
    fileprivate func updateSample(_ digest: inout SHA256) {
        digest.update(headerBytes)
        for entry in entries {
            tensor(entry).withUnsafeBytes { bytes in
                digest.update(UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.sampleBytes)))
                let tail = bytes.dropFirst(Self.sampleBytes).suffix(Self.sampleBytes)
                digest.update(UnsafeRawBufferPointer(rebasing: tail))
            }
        }
    }
}
