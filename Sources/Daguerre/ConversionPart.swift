import DaguerreCheckpoints
import DaguerreImaging
import Glibc

extension ModelConversion {
    /// What a conversion has written so far, under a name of its own beside the final one.
    struct Part {
        let path: String
        private let final: String

        init(beside path: String) {
            let end = path.hasSuffix("/") ? path.dropLast() : path[...]
            final = String(end)
            let folder = end.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(end[...$0]) } ?? ""
            self.path = folder + ".\(getpid())-\(UInt32.random(in: .min ... .max)).part"
        }

        private var name: String { final.split(separator: "/").last.map(String.init) ?? final }

        private func failure() -> CheckpointError {
            .unwritable(file: name, reason: String(cString: strerror(errno)))
        }

        /// Makes the folder itself, then those of `names` in it.
        func makeFolders(_ names: [String]) throws(CheckpointError) {
            for folder in names.isEmpty ? [path] : names.map({ path + "/" + $0 }) {
                guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw failure() }
            }
        }

        /// Writes a small file in the folder.
        func write(_ relative: String, _ bytes: [UInt8]) throws(ImagingError) {
            try AtomicFile.write(bytes, to: path + "/" + relative, replacing: true)
        }

        /// Gives the whole its name; nothing that has the name already is replaced.
        func move() throws(CheckpointError) {
            guard access(final, F_OK) != 0 else {
                throw .unwritable(file: name, reason: String(cString: strerror(EEXIST)))
            }
            guard rename(path, final) == 0 else { throw failure() }
        }

        /// Removes what was not given its name.
        func remove() { Self.remove(path, depth: 0) }

        private static func remove(_ path: String, depth: Int) {
            guard unlink(path) != 0, depth < 3, let directory = opendir(path) else { return }
            while let next = readdir(directory) {
                let name = withUnsafeBytes(of: &next.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { remove(path + "/" + name, depth: depth + 1) }
            }
            closedir(directory)
            rmdir(path)
        }
    }
}
