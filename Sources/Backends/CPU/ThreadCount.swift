import Glibc

/// How many threads are worth starting on this machine.
enum ThreadCount {
    /// More threads than this are never asked for.
    static let maximum = 1024

    /// Physical cores that the process may use: its affinity, one thread per core, within its cgroup's quota.
    static var available: Int {
        let cores = physicalCores(of: allowedProcessors())
        return max(1, min(cores, ControlGroups().processorQuota ?? cores))
    }

    /// Numbers of the logical processors that the process may run on.
    private static func allowedProcessors() -> [Int] {
        let key = "Cpus_allowed_list:"
        let list = SystemFile.lines("/proc/self/status").first { $0.hasPrefix(key) }?.dropFirst(key.count)
        let ranges = (list ?? "").split { ", \t".contains($0) }.flatMap { range -> [Int] in
            let ends = range.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last, last < 65536 else { return [] }
            return Array(first...last)
        }
        return ranges.isEmpty ? Array(0..<max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) : ranges
    }

    /// Siblings on one core share its arithmetic units, so a core counts once.
    private static func physicalCores(of processors: [Int]) -> Int {
        let cores = processors.map { processor in
            SystemFile.line("/sys/devices/system/cpu/cpu\(processor)/topology/thread_siblings_list") ?? "\(processor)"
        }
        return Set(cores).count
    }
}
