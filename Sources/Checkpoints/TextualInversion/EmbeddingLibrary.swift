/// The textual inversions that prompts may name.
///
/// A name is only ever compared with the names that there are; it never becomes part of a path. Files of a folder are
/// opened when a prompt names them.
public struct EmbeddingLibrary: Sendable {
    private enum Source: Sendable {
        case read(TextualInversion)
        /// A file of a folder, listed there under this name.
        case file(DiskModelFolder, String)
    }

    /// The suffixes of files that can be used, and of those that have to be converted first.
    private static let usable = [".safetensors", ".png"], convertible = [".pt", ".bin"]

    private var sources: [String: Source] = [:]

    /// No textual inversions.
    public init() {}

    /// What prompts may call them, sorted.
    public var names: [String] { sources.keys.sorted() }

    /// Adds the file at `path` under `name`, or under the file's name without its suffix; it takes the place of another.
    ///
    /// - Throws: ``CheckpointError`` if it is not a textual inversion in a safetensors file or in a PNG.
    public mutating func add(file path: String, as name: String? = nil) throws(CheckpointError) {
        let base = path.baseName
        let name = name ?? Self.stem(base) ?? base
        guard name.contains(where: { !$0.isWhitespace }) else {
            throw .notEmbedding(file: base, expected: "a name that prompts can call it", found: "\"\(name)\"")
        }
        guard !Self.isConvertible(base) else { throw .pickledEmbedding(file: base) }
        guard base.hasSuffix(".png") else {
            sources[name] = .read(try TextualInversion(SafetensorsFile(path: path)))
            return
        }
        let folder = try DiskModelFolder(
            path: path.utf8.count > base.utf8.count ? String(path.dropLast(base.count)) : ".")
        sources[name] = .read(try Self.picture(base, in: folder))
    }

    /// Adds one that is read already, as an adapter's file may carry it along; it takes the place of another.
    public mutating func add(_ embedding: TextualInversion, as name: String) {
        sources[name] = .read(embedding)
    }

    /// Adds all files of the folder at `path` under their names without their suffixes, but for names that are taken.
    ///
    /// - Throws: ``CheckpointError/unreadable(file:reason:)`` if it is not a folder.
    public mutating func add(folder path: String) throws(CheckpointError) {
        let folder = try DiskModelFolder(path: path)
        let files = try folder.files(in: "").filter { !$0.hasPrefix(".") }
        // What can be used goes before what has to be converted.
        for suffix in Self.usable + Self.convertible {
            for file in files where file.hasSuffix(suffix) {
                guard let name = Self.stem(file), sources[name] == nil else { continue }
                sources[name] = .file(folder, file)
            }
        }
    }

    /// The textual inversion called `name`, or nil if there is none.
    ///
    /// - Throws: ``CheckpointError/pickledEmbedding(file:)`` for one that has to be converted first, and as a safetensors
    ///   file that cannot be read.
    public func embedding(_ name: String) throws(CheckpointError) -> TextualInversion? {
        switch sources[name] {
        case nil: return nil
        case .read(let embedding): return embedding
        case .file(let folder, let file):
            guard !Self.isConvertible(file) else { throw .pickledEmbedding(file: file) }
            return file.hasSuffix(".png")
                ? try Self.picture(file, in: folder) : try TextualInversion(folder.safetensors(file))
        }
    }

    /// A file's name without the suffix of an embedding; nil where it has none of them, or nothing before it.
    private static func stem(_ file: String) -> String? {
        (usable + convertible).first { file.hasSuffix($0) && file.utf8.count > $0.utf8.count }
            .map { String(file.dropLast($0.count)) }
    }

    private static func isConvertible(_ file: String) -> Bool { convertible.contains { file.hasSuffix($0) } }

    private static func picture(
        _ file: String, in folder: DiskModelFolder
    ) throws(CheckpointError) -> TextualInversion {
        guard let bytes = try folder.bytes(file) else {
            throw .unreadable(file: file, reason: "there is no such file")
        }
        return try TextualInversion(EmbeddingPicture(name: file, bytes: bytes))
    }
}
