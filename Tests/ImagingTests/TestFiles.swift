import Glibc

/// Tests/Fixtures/imaging.
let fixtureFolder = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() + "/Fixtures/imaging"

/// A file of Tests/Fixtures/imaging.
func fixture(_ name: String) throws -> [UInt8] { try readFile(fixtureFolder + "/" + name) }

/// Why a test could not read or make a file.
struct TestFileError: Error {
    let path: String
    let reason = String(cString: strerror(errno))
}

/// The bytes of the file at `path`.
func readFile(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "rb") else { throw TestFileError(path: path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while true {
        let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 16) { $1 = fread($0.baseAddress, 1, $0.count, file) }
        guard !chunk.isEmpty else { return bytes }
        bytes += chunk
    }
}

/// A new folder that is gone, with what is in it, when the body returns.
func withTemporaryFolder<R>(_ body: (String) throws -> R) throws -> R {
    let made = strdup("/tmp/daguerre-tests-XXXXXX")
    defer { free(made) }
    guard let made, mkdtemp(made) != nil else { throw TestFileError(path: "/tmp") }
    let folder = String(cString: made)
    defer {
        for name in listing(folder) { unlink(folder + "/" + name) }
        rmdir(folder)
    }
    return try body(folder)
}

/// The names in a folder, sorted.
func listing(_ folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}
