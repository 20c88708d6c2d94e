import Glibc

/// Small text files of the kernel: /proc, /sys.
enum SystemFile {
    /// The first line of the file at `path`, or nil if it cannot be read.
    static func line(_ path: String) -> String? { lines(path).first }

    /// The lines of the file at `path`, at most 64 KiB of them; none if it cannot be read.
    static func lines(_ path: String) -> [String] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while text.count < 65536 {
            let count = read(descriptor, &part, part.count)
            guard count > 0 else { break }
            text += part[..<count]
        }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
