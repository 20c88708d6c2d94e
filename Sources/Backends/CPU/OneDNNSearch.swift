import CVendor
import Glibc

/// Where oneDNN may lie, in the order in which it is tried.
///
/// The folder that a user happens to stand in is not looked into: a library is code.
package struct OneDNNSearch {
    struct Candidate {
        let path: String
        let place: String
    }

    static let fileName = "libdnnl.so.3"
    /// The environment variable that names the file; no other is tried then, and none at all if it is empty.
    static let variable = "DAGUERRE_ONEDNN"

    static var candidates: [Candidate] {
        if let named = getenv(variable) {
            let path = String(cString: named)
            return path.isEmpty ? [] : [Candidate(path: path, place: "environment")]
        }
        var candidates: [Candidate] = []
        if let folder = programFolder {
            candidates += [
                "\(folder)/\(fileName)", "\(folder)/../lib/\(fileName)", "\(folder)/../lib/daguerre/\(fileName)",
            ]
            .map { Candidate(path: $0, place: "program") }
            var parts = folder.split(separator: "/")
            while !parts.isEmpty {
                let folder = "/" + parts.joined(separator: "/")
                if isTrusted(".vendor", in: folder) {
                    candidates.append(Candidate(path: "\(folder)/.vendor/onednn/lib/\(fileName)", place: "project"))
                }
                parts.removeLast()
            }
        }
        candidates = candidates.filter { access($0.path, R_OK) == 0 }
        return candidates + [Candidate(path: fileName, place: "system")]
    }

    /// Whether the folder `name` in the folder `parent` was put there by who owns the place.
    ///
    /// A program may lie below a folder that anybody can write to, such as /tmp. Who owns a folder around the program
    /// could replace the program itself.
    package static func isTrusted(_ name: String, in parent: String) -> Bool {
        var folder = stat()
        var place = stat()
        guard lstat(parent + "/" + name, &folder) == 0, stat(parent, &place) == 0 else { return false }
        let kind = folder.st_mode & S_IFMT
        guard kind == S_IFLNK || kind == S_IFDIR && folder.st_mode & S_IWOTH == 0 else { return false }
        return [0, geteuid(), place.st_uid].contains(folder.st_uid)
    }

    /// The folder of the running program, without a link in it.
    private static var programFolder: String? {
        guard let resolved = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(resolved) }
        let path = String(cString: resolved)
        return path.lastIndex(of: "/").map { String(path[..<$0]) }
    }
}

/// The last part of `path`.
func baseName(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
}
