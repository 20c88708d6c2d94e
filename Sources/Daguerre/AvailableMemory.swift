import DaguerreCPU
import FoundationEssentials

/// Bytes that this process can still take before the system runs short, or `nil` where the system does not say.
///
/// It is the least of what the machine and the control groups of the process leave.
func availableMemory() -> Int? {
    // Without /proc, as in some sandboxes, the machine says nothing.
    let lines = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8))?.split(separator: "\n")
    let machine = lines?.first { $0.hasPrefix("MemAvailable:") }.flatMap { Int($0.filter(\.isNumber)) }
        .map { kibibytes in kibibytes * 1024 }
    return [machine, ControlGroups().availableMemory].compactMap { $0 }.min()
}

/// Refuses what would not fit into memory, so that the system need not end the process.
func admit(_ what: String, _ needed: Int) throws {
    guard let available = availableMemory(), needed > available else { return }
    throw EngineError.tooLarge(what: what, needed: needed, available: available)
}
