import Glibc

/// Walks a models folder.
///
/// A link is followed where it leads to something inside the folder; what leads out of it is left out, since whoever may
/// write into a folder of models need not be allowed to read the rest of the machine through it.
struct FolderScan {
    /// The folder with no link in its own path.
    private let root: String
    private var listing = FolderListing()
    /// Folders that were looked into already, so that links in a circle come to an end.
    private var seen: Set<Identity> = []
    private var fileCount = 0

    private static let mostFiles = 50_000, mostProblems = 100, deepest = 8

    private struct Identity: Hashable {
        let device, number: UInt64
    }

    /// What one name in a folder stands for.
    private struct Entry {
        let name: String
        let isFolder: Bool
        let byteCount: Int
        let modified: Int64
        let identity: Identity
    }

    /// Everything in the folder at `path`.
    static func listing(of path: String) throws(RegistryError) -> FolderListing {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard !path.contains("\0"), let real = realpath(path, nil) else {
            throw .unreadable(folder: name, reason: path.contains("\0") ? "no such folder" : systemError())
        }
        defer { free(real) }
        var scan = FolderScan(root: String(cString: real))
        try scan.walkRoot(name)
        // A folder that was looked into twice, for its kind and for its parts, said so twice.
        var said: Set<String> = []
        scan.listing.problems.removeAll { !said.insert($0).inserted }
        return scan.listing
    }

    /// Whether any folder or file of `listing` has changed since it was looked at: a download may still have been going on.
    static func hasChanged(_ listing: FolderListing) -> Bool {
        func isOther(_ path: String, _ modified: Int64) -> Bool {
            var status = stat()
            return stat(path, &status) != 0 || status.modified != modified
        }
        return listing.folders.contains { isOther($0, $1) }
            || listing.items.contains { item in
                item.parts.contains { isOther(item.path + ($0.relative.isEmpty ? "" : "/") + $0.relative, $0.modified) }
            }
    }

    private init(root: String) { self.root = root }

    private mutating func walkRoot(_ name: String) throws(RegistryError) {
        guard let entries = try entries([]) else {
            throw .unreadable(folder: name, reason: Self.systemError())
        }
        // The folder may be one model itself.
        if isMarked(entries, .checkpoint) { return try addFolder([], .checkpoint, kindDepth: 0) }
        for entry in entries {
            guard entry.isFolder else {
                addFile(entry, in: [], .checkpoint, kindDepth: 0)
                continue
            }
            guard seen.insert(entry.identity).inserted, let inside = try self.entries([entry.name]) else { continue }
            if isMarked(inside, .checkpoint) {
                try addFolder([entry.name], .checkpoint, kindDepth: 0)
            } else if let kind = ModelKind(folder: entry.name) {
                try walk([entry.name], inside, kind)
            }
        }
    }

    private mutating func walk(_ folder: [String], _ entries: [Entry], _ kind: ModelKind) throws(RegistryError) {
        if isMarked(entries, kind) { return try addFolder(folder, kind, kindDepth: folder.count > 1 ? 1 : 0) }
        for entry in entries {
            guard entry.isFolder else {
                addFile(entry, in: folder, kind, kindDepth: 1)
                continue
            }
            guard folder.count < Self.deepest, seen.insert(entry.identity).inserted else { continue }
            let inner = folder + [entry.name]
            if let inside = try self.entries(inner) { try walk(inner, inside, kind) }
        }
    }

    private func isMarked(_ entries: [Entry], _ kind: ModelKind) -> Bool {
        entries.contains { $0.name == kind.marker && !$0.isFolder }
    }

    private mutating func addFile(_ entry: Entry, in folder: [String], _ kind: ModelKind, kindDepth: Int) {
        let name = entry.name
        guard let ending = kind.endings.first(where: { name.hasSuffix($0) && name.utf8.count > $0.utf8.count }) else {
            if ModelKind.pickleEndings.contains(where: name.hasSuffix) {
                report("\(name) is a pickle, which could run code; convert it with daguerre models convert")
            }
            return
        }
        let components = folder + [name]
        listing.items.append(
            .init(
                kind: kind, components: components, kindDepth: kindDepth, stem: String(name.dropLast(ending.count)),
                path: path(components), byteCount: entry.byteCount,
                parts: [.init(relative: "", byteCount: entry.byteCount, modified: entry.modified)]))
    }

    private mutating func addFolder(_ folder: [String], _ kind: ModelKind, kindDepth: Int) throws(RegistryError) {
        var parts: [FolderListing.Item.Part] = []
        let before = listing.problems.count
        try collect(folder, "", into: &parts, depth: 0)
        // A model of which a part lies elsewhere is left out as a whole.
        guard listing.problems.count == before else { return }
        let name = folder.last ?? root.split(separator: "/").last.map(String.init) ?? "model"
        listing.items.append(
            .init(
                kind: kind, components: folder.isEmpty ? [name] : folder, kindDepth: kindDepth, stem: name,
                path: path(folder),
                byteCount: parts.reduce(0) { $0 + ($1.relative.hasSuffix(".safetensors") ? $1.byteCount : 0) },
                parts: parts.sorted { $0.relative.utf8.lexicographicallyPrecedes($1.relative.utf8) }))
    }

    private mutating func collect(
        _ folder: [String], _ prefix: String, into parts: inout [FolderListing.Item.Part], depth: Int
    ) throws(RegistryError) {
        guard depth < 3, let entries = try entries(folder) else { return }
        for entry in entries {
            if entry.isFolder {
                try collect(folder + [entry.name], prefix + entry.name + "/", into: &parts, depth: depth + 1)
            } else if [".safetensors", ".json", ".txt"].contains(where: entry.name.hasSuffix) {
                parts.append(
                    .init(relative: prefix + entry.name, byteCount: entry.byteCount, modified: entry.modified))
            }
        }
    }

    private func path(_ components: [String]) -> String { ([root] + components).joined(separator: "/") }

    private mutating func report(_ problem: String) {
        if listing.problems.count < Self.mostProblems { listing.problems.append(problem) }
    }

    /// The regular files and folders of a folder, sorted; nil if it cannot be read.
    private mutating func entries(_ folder: [String]) throws(RegistryError) -> [Entry]? {
        let full = path(folder)
        var own = stat()
        guard stat(full, &own) == 0, let directory = opendir(full) else { return nil }
        defer { closedir(directory) }
        listing.folders[full] = own.modified
        var entries: [Entry] = []
        while let next = readdir(directory) {
            fileCount += 1
            guard fileCount <= Self.mostFiles else {
                throw .tooManyFiles(
                    folder: root.split(separator: "/").last.map(String.init) ?? root, limit: Self.mostFiles)
            }
            let name = withUnsafeBytes(of: &next.pointee.d_name) { bytes in
                String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let name, name.isShowable else {
                report("a file whose name has characters that cannot be shown is left out; give it another name")
                continue
            }
            guard !name.hasPrefix("."), let entry = entry(name, full) else { continue }
            entries.append(entry)
        }
        return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private mutating func entry(_ name: String, _ folder: String) -> Entry? {
        let full = folder + "/" + name
        var status = stat()
        guard lstat(full, &status) == 0 else { return nil }
        if status.st_mode & S_IFMT == S_IFLNK {
            guard let real = realpath(full, nil) else { return nil }
            defer { free(real) }
            guard String(cString: real).hasPrefix(root == "/" ? root : root + "/") else {
                report("\(name) is a link that leads out of the models folder; move what it leads to into the folder")
                return nil
            }
            guard stat(full, &status) == 0 else { return nil }
        }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG || kind == S_IFDIR else { return nil }
        return Entry(
            name: name, isFolder: kind == S_IFDIR, byteCount: Int(status.st_size), modified: status.modified,
            identity: Identity(device: UInt64(status.st_dev), number: UInt64(status.st_ino)))
    }

    private static func systemError() -> String { String(cString: strerror(errno)) }
}

extension stat {
    /// Nanoseconds since 1970.
    fileprivate var modified: Int64 { Int64(st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(st_mtim.tv_nsec) }
}

extension String {
    /// Whether the text can be part of a line: no control characters, no marks that turn the text around them.
    fileprivate var isShowable: Bool {
        unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .surrogate: false
            default: !scalar.properties.isBidiControl
            }
        }
    }
}
