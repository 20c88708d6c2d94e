import Glibc

/// How many threads are worth starting on this machine.
enum ThreadCount {
    /// More threads than this are never asked for.
    static let maximum = 1024

    /// Physical cores that the process may use: its affinity, one thread per core, within its cgroup's quota.
    static var available: Int {
        let cores = physicalCores(of: allowedProcessors())
        return max(1, min(cores, cgroupQuota() ?? cores))
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

    /// Whole processors that the control groups of the process grant, or nil where there is no limit.
    private static func cgroupQuota() -> Int? {
        var quotas: [Double] = []
        for entry in SystemFile.lines("/proc/self/cgroup") {
            // hierarchy:controllers:path; version 2 has hierarchy 0 and no controllers.
            let fields = entry.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let controllers = fields[1].split(separator: ",")
            if fields[1].isEmpty {
                quotas += quotasUpward(in: "/sys/fs/cgroup", from: fields[2], read: versionTwoQuota)
            } else if controllers.contains("cpu") {
                for root in ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"] {
                    quotas += quotasUpward(in: root, from: fields[2], read: versionOneQuota)
                }
            }
        }
        return quotas.min().map { max(1, Int($0.rounded(.down))) }
    }

    /// The limits of the group at `path` and of all that hold it; each of them binds.
    private static func quotasUpward(
        in root: String, from path: Substring, read: (String) -> Double?
    ) -> [Double] {
        var parts = path.split(separator: "/")
        var quotas: [Double] = []
        while true {
            if let quota = read(([root] + parts.map(String.init)).joined(separator: "/")) { quotas.append(quota) }
            guard parts.popLast() != nil else { return quotas }
        }
    }

    /// `cpu.max` holds "quota period" in microseconds, or "max period".
    private static func versionTwoQuota(_ group: String) -> Double? {
        guard let line = SystemFile.line(group + "/cpu.max") else { return nil }
        let numbers = line.split(separator: " ").map { Double($0) }
        guard numbers.count == 2, let quota = numbers[0], let period = numbers[1], period > 0 else { return nil }
        return quota / period
    }

    private static func versionOneQuota(_ group: String) -> Double? {
        guard let quota = SystemFile.line(group + "/cpu.cfs_quota_us").flatMap({ Double($0) }), quota > 0,
            let period = SystemFile.line(group + "/cpu.cfs_period_us").flatMap({ Double($0) }), period > 0
        else { return nil }
        return quota / period
    }
}
