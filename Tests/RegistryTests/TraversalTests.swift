import DaguerreRegistry
import Glibc
import TestSupport
import Testing

/// Names that try to be paths.
@Suite struct TraversalTests {
    static let names = [
        "../../etc/passwd", "../secret", "../secret.safetensors", "..", ".", "", "/", "//", "./ink", "ink/", "ink/.",
        "a/../ink", "a/../../secret", "loras/ink", "loras/ink.safetensors", "../loras/ink", "..\\secret",
        "..\\..\\windows\\system32", "%2e%2e/secret", "%2e%2e%2fsecret", "..%2fsecret", "%252e%252e%252fsecret",
        "..%c0%afsecret", "\u{2024}\u{2024}/secret", "\u{ff0e}\u{ff0e}\u{ff0f}secret", "..\u{2215}secret",
        "ink\0", "ink\0.safetensors", "../secret\0.safetensors", "/etc/passwd", "file:///etc/passwd", "~/secret",
        "~root/secret", "$HOME/secret", "`id`", "ink\n", "ink ", " ink", "ink\u{202e}", "\u{0}", "*", "in?",
        "ink.safetensors/..", "....//....//secret", "C:\\secret", "\\\\server\\share\\secret",
        String(repeating: "../", count: 2000) + "etc/passwd", String(repeating: "a", count: 1 << 20),
    ]

    @Test func noNameBecomesAPathAndNoFileIsTouched() async throws {
        let parent = try Models()
        try parent.write("secret.safetensors")
        try parent.write("models/loras/ink.safetensors")
        try parent.write("models/loras/a/oil.safetensors")
        let registry = try await FolderRegistry(folder: parent.path + "/models", lookInterval: .seconds(3600))
        let watch = try Watch([parent.path, parent.path + "/models/loras", "/etc"])
        for name in Self.names {
            for kind in ModelKind.allCases {
                let found = await registry.entry(name, kind)
                #expect(found == nil, "\(name.prefix(60).debugDescription)")
            }
        }
        #expect(watch.touched().filter { $0 == "passwd" || $0.contains("secret") || $0.contains("ink") } == [])
        // What is named rightly is found without touching it, and the watch would have seen it.
        #expect(await registry.entry("ink", .lora) != nil)
        #expect(watch.touched().contains("ink.safetensors") == false)
        close(open(parent.path + "/secret.safetensors", O_RDONLY))
        #expect(watch.touched().contains("secret.safetensors"))
        #expect(Self.names.count >= 30)
    }
}

/// Sees which files of some folders are opened or read.
private struct Watch {
    private let descriptor: Int32

    init(_ folders: [String]) throws {
        descriptor = inotify_init1(Int32(IN_NONBLOCK))
        try #require(descriptor >= 0)
        for folder in folders {
            try #require(inotify_add_watch(descriptor, folder, UInt32(IN_OPEN | IN_ACCESS)) >= 0)
        }
    }

    /// The names of the files since the last call.
    func touched() -> [String] {
        var names: [String] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return names }
            var start = 0
            while start + 16 <= count {
                // struct inotify_event: descriptor, mask, cookie, length of the name, each 4 bytes; then the name.
                let length = (0..<4).reduce(0) { $0 | Int(buffer[start + 12 + $1]) << (8 * $1) }
                let name = buffer[(start + 16)..<(start + 16 + length)].prefix { $0 != 0 }
                names.append(String(decoding: name, as: UTF8.self))
                start += 16 + length
            }
        }
    }
}
