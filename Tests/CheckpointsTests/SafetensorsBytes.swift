import DaguerreCheckpoints
import Glibc

/// The bytes of a safetensors file with the given header text and data.
func safetensorsBytes(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8) + data
}

/// A header's entry for one tensor.
func entry(_ key: String, _ dtype: String = "F32", _ shape: String, _ begin: Int, _ end: Int) -> String {
    #""\#(key)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
}

func open(_ bytes: [UInt8]) throws(CheckpointError) -> SafetensorsFile {
    try SafetensorsFile(name: "test.safetensors", bytes: HostBytes(copying: bytes))
}

/// The path of `Tests/Fixtures/<path>`.
func fixturePath(_ path: String) -> String {
    "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Fixtures/" + path
}

/// A folder that is removed, with the plain files in it, when it is no longer used.
final class TemporaryFolder {
    let path: String
    private var files: [String] = []
    private var folders: [String] = []

    init() throws {
        var template = Array("/tmp/daguerre-tests-XXXXXX".utf8CString)
        guard let name = mkdtemp(&template) else {
            throw CheckpointError.unwritable(file: "/tmp", reason: "no folder could be made")
        }
        path = String(cString: name)
    }

    /// Writes a file of `bytes`; folders on the way are made.
    func write(_ name: String, _ bytes: [UInt8]) throws {
        let folder = name.split(separator: "/").dropLast().joined(separator: "/")
        if !folder.isEmpty, !folders.contains(folder) {
            mkdir(path + "/" + folder, 0o777)
            folders.append(folder)
        }
        guard let file = fopen(path + "/" + name, "w") else {
            throw CheckpointError.unwritable(file: name, reason: String(cString: strerror(errno)))
        }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
        files.append(name)
    }

    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    /// The names of what is in the folder.
    var names: [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let next = readdir(directory) {
            names.append(
                withUnsafeBytes(of: &next.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names.filter { $0 != "." && $0 != ".." }.sorted()
    }

    deinit {
        for file in files { unlink(path + "/" + file) }
        for name in names { unlink(path + "/" + name) }
        for folder in folders.reversed() { rmdir(path + "/" + folder) }
        rmdir(path)
    }
}
