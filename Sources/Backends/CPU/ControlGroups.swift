/// The control groups (cgroups, version 1 or 2) that this process is in, and what they leave it.
///
/// Source: Linux, Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
package struct ControlGroups {
    /// Where the kernel shows them.
    private let root: String
    /// Lines of /proc/self/cgroup, hierarchy:controllers:path; version 2 has hierarchy 0 and no controllers.
    private let membership: [String]

    /// The groups of this process.
    package init() {
        self.init(root: "/sys/fs/cgroup", membership: SystemFile.lines("/proc/self/cgroup"))
    }

    /// The groups that `membership` names, shown below the folder `root`.
    package init(root: String, membership: [String]) {
        self.root = root
        self.membership = membership
    }

    /// Whole processors that the groups grant, or nil where there is no limit.
    package var processorQuota: Int? {
        let quotas = folders(of: "cpu").compactMap(\.processorQuota)
        return quotas.min().map { max(1, Int(min($0, 65536).rounded(.down))) }
    }

    /// Bytes that the tightest of the groups may hold, or nil where there is no limit.
    package var memoryLimit: Int? { folders(of: "memory").compactMap(\.memoryLimit).min() }

    /// Bytes that can still be taken before one of the groups is full, or nil where there is no limit.
    ///
    /// Pages of files count as free: the kernel drops them for whoever needs memory.
    package var availableMemory: Int? { folders(of: "memory").compactMap(\.availableMemory).min() }

    /// The groups that govern `controller`: the process's own and all around it, since each of them binds.
    ///
    /// Within a container the path may be that of the world outside, of which only the root is seen.
    private func folders(of controller: String) -> [Folder] {
        membership.flatMap { entry -> [Folder] in
            let fields = entry.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return [] }
            if fields[1].isEmpty { return upward(from: fields[2], in: root, version: .two) }
            guard fields[1].split(separator: ",").contains(Substring(controller)) else { return [] }
            return Set([controller, String(fields[1])])
                .flatMap { upward(from: fields[2], in: "\(root)/\($0)", version: .one) }
        }
    }

    private func upward(from path: Substring, in root: String, version: Folder.Version) -> [Folder] {
        let parts = path.split(separator: "/").map(String.init)
        return (0...parts.count).map { count in
            Folder(path: ([root] + parts.prefix(count)).joined(separator: "/"), version: version)
        }
    }
}

/// What one control group says; nil where it says nothing, or that there is no limit.
private struct Folder {
    enum Version { case one, two }

    let path: String
    let version: Version

    /// Processors, as a ratio of times in microseconds.
    var processorQuota: Double? {
        let texts: [Substring]
        switch version {
        case .one:
            // A quota of -1 is none.
            texts = [line("cpu.cfs_quota_us"), line("cpu.cfs_period_us")].compactMap { $0.map { $0[...] } }
        case .two: texts = (line("cpu.max") ?? "").split(separator: " ")
        }
        let numbers = texts.compactMap { Double($0) }
        guard numbers.count == 2, numbers[0] > 0, numbers[1] > 0 else { return nil }
        return numbers[0] / numbers[1]
    }

    var memoryLimit: Int? {
        line(version == .one ? "memory.limit_in_bytes" : "memory.max").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    var availableMemory: Int? {
        guard let limit = memoryLimit, let used = usedMemory else { return nil }
        return max(limit - max(used - filePages, 0), 0)
    }

    private var usedMemory: Int? {
        line(version == .one ? "memory.usage_in_bytes" : "memory.current").flatMap { Int($0) }
    }

    /// Bytes of files' pages in memory, those of shared memory not among them.
    private var filePages: Int {
        let prefix = version == .one ? "total_" : ""
        let keys = [prefix + "inactive_file", prefix + "active_file"]
        return SystemFile.lines(path + "/memory.stat").reduce(0) { sum, line in
            let words = line.split(separator: " ")
            guard words.count == 2, keys.contains(String(words[0])), let bytes = Int(words[1]) else { return sum }
            return sum + min(max(bytes, 0), 1 << 60)
        }
    }

    private func line(_ file: String) -> String? { SystemFile.line("\(path)/\(file)") }
}
