import DaguerreCheckpoints
import Glibc

/// A folder that is removed with all that is in it when it is no longer used.
public final class ScratchFolder: Sendable {
    /// Where it is.
    public let path: String

    /// Makes an empty folder among the system's temporary ones.
    public init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array((parent + "/daguerre-tests-XXXXXX").utf8CString)
        guard let name = mkdtemp(&template) else {
            throw CheckpointError.unwritable(file: "daguerre-tests", reason: "no folder could be made")
        }
        path = String(cString: name)
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        guard let directory = opendir(path) else {
            unlink(path)
            return
        }
        while let next = readdir(directory) {
            let name = withUnsafeBytes(of: &next.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { remove(path + "/" + name) }
        }
        closedir(directory)
        rmdir(path)
    }
}
