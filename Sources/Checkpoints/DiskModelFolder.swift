import Glibc

/// A folder of model files on disk.
public struct DiskModelFolder: ModelFiles {
    /// The folder's base name.
    public let name: String
    /// How tensors come into memory.
    public let mapping: Mapping

    private let path: String

    /// The folder at `path`, which must exist.
    ///
    /// - Throws: ``CheckpointError/unreadable(file:reason:)`` if it is not a folder.
    public init(path: String, mapping: Mapping = .automatic) throws(CheckpointError) {
        name = path.folderName
        self.path = path
        self.mapping = mapping
        var status = stat()
        guard !path.contains("\0"), stat(path, &status) == 0 else {
            throw .unreadable(file: name, reason: "there is no such folder or file")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw .unreadable(file: name, reason: "it is not a folder")
        }
    }

    /// Whether there is a folder at `path`.
    package static func isFolder(_ path: String) -> Bool { kind(of: path) == S_IFDIR }

    /// Whether there is something else than a folder at `path`.
    package static func isFile(_ path: String) -> Bool {
        let kind = kind(of: path)
        return kind != 0 && kind != S_IFDIR
    }

    private static func kind(of path: String) -> mode_t {
        var status = stat()
        return !path.contains("\0") && stat(path, &status) == 0 ? status.st_mode & S_IFMT : 0
    }

    /// The whole contents of a small file, or nil if there is none.
    public func bytes(_ path: String) throws(CheckpointError) -> [UInt8]? {
        let full = try inside(path)
        guard access(full, F_OK) == 0 else {
            guard errno != ENOENT, errno != ENOTDIR else { return nil }
            throw .unreadable(file: path, reason: lastSystemError())
        }
        let file = try RegularFile(path: full)
        guard file.byteCount <= ModelFileLimits.smallFileBytes else {
            throw .unreadable(file: path, reason: "it is larger than \(ModelFileLimits.smallFileBytes) bytes")
        }
        guard file.byteCount > 0 else { return [] }
        let memory = try file.readAll()
        defer { memory.deallocate() }
        return Array(memory)
    }

    /// The names of the files directly in `folder`, sorted.
    public func files(in folder: String) throws(CheckpointError) -> [String] {
        try entries(folder).filter { !$0.isFolder }.map(\.name).sorted()
    }

    /// Opens the safetensors file at `path`; `mapping` in place of the folder's own way if it is not nil.
    public func safetensors(_ path: String, mapping: Mapping?) throws(CheckpointError) -> SafetensorsFile {
        try SafetensorsFile(name: path, bytes: HostBytes(path: inside(path), mapping: mapping ?? self.mapping))
    }

    /// All files and their sizes, by relative path; hidden ones are left out.
    public func sizes() throws(CheckpointError) -> [String: Int] {
        var sizes: [String: Int] = [:]
        try collect("", depth: 0, into: &sizes)
        return sizes
    }

    private func collect(_ folder: String, depth: Int, into sizes: inout [String: Int]) throws(CheckpointError) {
        guard depth <= ModelFileLimits.folderDepth else { return }
        for entry in try entries(folder) where !entry.name.hasPrefix(".") {
            let path = folder.isEmpty ? entry.name : folder + "/" + entry.name
            if entry.isFolder {
                try collect(path, depth: depth + 1, into: &sizes)
            } else {
                sizes[path] = entry.byteCount
            }
            guard sizes.count <= ModelFileLimits.fileCount else {
                throw .unreadable(file: name, reason: "it holds more than \(ModelFileLimits.fileCount) files")
            }
        }
    }

    private struct Entry {
        let name: String
        let isFolder: Bool
        let byteCount: Int
    }

    /// Regular files and folders; links are followed, as the Hub's cache is made of them.
    private func entries(_ folder: String) throws(CheckpointError) -> [Entry] {
        let full = folder.isEmpty ? path : try inside(folder)
        guard let directory = opendir(full) else {
            guard errno != ENOENT, errno != ENOTDIR else { return [] }
            throw .unreadable(file: folder.isEmpty ? name : folder, reason: lastSystemError())
        }
        defer { closedir(directory) }
        var entries: [Entry] = []
        while let next = readdir(directory) {
            let name = withUnsafeBytes(of: &next.pointee.d_name) { bytes in
                String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            var status = stat()
            guard let name, name != ".", name != "..", stat(full + "/" + name, &status) == 0 else { continue }
            let kind = status.st_mode & S_IFMT
            guard kind == S_IFREG || kind == S_IFDIR else { continue }
            entries.append(Entry(name: name, isFolder: kind == S_IFDIR, byteCount: Int(status.st_size)))
        }
        return entries
    }

    /// The full path of `relative`, which must not lead out of the folder.
    private func inside(_ relative: String) throws(CheckpointError) -> String {
        guard relative.isSafeRelativePath else { throw .unsafePath(file: relative) }
        return path + "/" + relative
    }
}

extension String {
    /// What the folder at this path is called, also where the path is `.` or ends in `..`.
    fileprivate var folderName: String {
        guard ["", ".", ".."].contains(baseName), !isEmpty, let real = realpath(self, nil) else { return baseName }
        defer { free(real) }
        return String(cString: real).baseName
    }

    /// Whether the text names something inside a folder: no empty, `.` or `..` component, no control character.
    var isSafeRelativePath: Bool {
        !isEmpty && utf8.count <= 1024 && unicodeScalars.allSatisfy(\.isSafeInNames)
            && !utf8.contains(UInt8(ascii: "\\"))
            && utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
                .allSatisfy { !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) }
    }

    /// Whether the text names something directly in a folder.
    var isSafeFileName: Bool { isSafeRelativePath && !utf8.contains(UInt8(ascii: "/")) }
}
