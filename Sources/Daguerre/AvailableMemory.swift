import FoundationEssentials

/// Bytes that this process can still take before the system runs short, or `nil` where the system does not say.
///
/// It is the least of what the machine and the control groups of the process leave.
func availableMemory() -> Int? {
    func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
    func number(_ path: String) -> Int? { text(path).flatMap { Int($0.filter(\.isNumber)) } }
    var limits: [Int] = []
    if let line = text("/proc/meminfo")?.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") }),
        let kibibytes = Int(line.filter(\.isNumber))
    {
        limits.append(kibibytes * 1024)
    }
    if let limit = number("/sys/fs/cgroup/memory.max"), let used = number("/sys/fs/cgroup/memory.current") {
        limits.append(max(limit - used, 0))
    }
    return limits.min()
}
