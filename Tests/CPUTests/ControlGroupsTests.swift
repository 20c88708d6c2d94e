import DaguerreCPU
import FoundationEssentials
import Testing

/// A folder with the files of some control groups, gone at the end.
private final class Groups {
    let root = FileManager.default.temporaryDirectory.path + "daguerre-groups-\(UInt64.random(in: 0 ... .max))"

    init(_ files: [String: String]) throws {
        for (path, text) in files {
            let folder = ([root] + path.split(separator: "/").dropLast().map(String.init)).joined(separator: "/")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try text.write(toFile: root + "/" + path, atomically: false, encoding: .utf8)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }
}

@Suite struct ControlGroupsTests {
    @Test func eachGroupAroundTheProcessBindsAndFilePagesAreFree() throws {
        let groups = try Groups([
            "memory.max": "max\n",
            "outer/memory.max": "1000000\n", "outer/memory.current": "900000\n",
            "outer/memory.stat": "anon 200000\nfile 700000\nshmem 100000\ninactive_file 500000\nactive_file 100000\n",
            "outer/inner/memory.max": "800000\n", "outer/inner/memory.current": "50000\n",
            "outer/cpu.max": "250000 100000\n", "outer/inner/cpu.max": "max 100000\n",
        ])
        let found = ControlGroups(root: groups.root, membership: ["0::/outer/inner"])
        #expect(found.memoryLimit == 800_000)
        #expect(found.availableMemory == 1_000_000 - (900_000 - 600_000))
        #expect(found.processorQuota == 2)
    }

    @Test func versionOneIsReadBelowItsControllers() throws {
        let groups = try Groups([
            "memory/box/memory.limit_in_bytes": "4000\n", "memory/box/memory.usage_in_bytes": "3000\n",
            "memory/box/memory.stat": "inactive_file 1\ntotal_inactive_file 500\ntotal_active_file 0\n",
            "cpu,cpuacct/box/cpu.cfs_quota_us": "50000\n", "cpu,cpuacct/box/cpu.cfs_period_us": "100000\n",
            "cpu,cpuacct/cpu.cfs_quota_us": "-1\n", "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        ])
        let found = ControlGroups(root: groups.root, membership: ["4:memory:/box", "2:cpu,cpuacct:/box", "0::/"])
        #expect(found.memoryLimit == 4000 && found.availableMemory == 1500)
        #expect(found.processorQuota == 1)
    }

    @Test(arguments: ["", "0", "0::", "x:y:z:w", "0::/no/such/group", "4:memory:/nowhere"])
    func whatIsNotThereIsNoLimit(line: String) {
        let found = ControlGroups(root: "/tmp/no-such-folder", membership: [line])
        #expect(found.memoryLimit == nil && found.availableMemory == nil && found.processorQuota == nil)
    }
}
