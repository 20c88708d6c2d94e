import Glibc

/// What Linux says of the machine.
package struct MachineDescription: Equatable, Sendable {
    /// The processor's name, `unknown` where Linux does not say.
    package let processor: String
    /// Instruction sets that matter to Daguerre, by Linux's names.
    package let features: [String]
    /// All memory, and what is free to take.
    package let memoryBytes, availableMemoryBytes: Int?

    private static let notable: Set<String> = [
        "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_bf16", "avx512_fp16",
        "avx512_vnni", "amx_tile", "amx_bf16", "amx_int8", "asimd", "asimdhp", "bf16", "i8mm", "sve", "sve2",
    ]

    /// Reads /proc.
    package init() {
        self.init(processors: fileText("/proc/cpuinfo"), memory: fileText("/proc/meminfo"))
    }

    /// Reads the texts of /proc/cpuinfo and /proc/meminfo.
    package init(processors: String, memory: String) {
        func value(_ names: Set<String>, in text: String) -> String? {
            for line in text.split(separator: "\n") {
                let sides = line.split(separator: ":", maxSplits: 1)
                guard sides.count == 2, names.contains(trimmed(sides[0])) else { continue }
                return trimmed(sides[1])
            }
            return nil
        }
        func bytes(_ name: String) -> Int? {
            value([name], in: memory).flatMap { $0.split(separator: " ").first }.flatMap { Int($0) }.map { $0 * 1024 }
        }
        processor = value(["model name", "Model"], in: processors) ?? "unknown"
        features = (value(["flags", "Features"], in: processors) ?? "").split(separator: " ").map(String.init)
            .filter(Self.notable.contains)
        memoryBytes = bytes("MemTotal")
        availableMemoryBytes = bytes("MemAvailable")
    }
}

private func trimmed(_ text: Substring) -> String {
    let start = text.drop(while: \.isWhitespace)
    return start.lastIndex { !$0.isWhitespace }.map { String(start[...$0]) } ?? ""
}

/// The text of a file of the kernel, at most 1 MiB of it; empty if it cannot be read.
private func fileText(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while text.count < 1 << 20 {
        let count = read(descriptor, &part, part.count)
        guard count > 0 else { break }
        text += part[..<count]
    }
    return String(decoding: text, as: UTF8.self)
}
