import DaguerreCheckpoints
import Glibc
import Testing

@Suite struct HostBytesTests {
    private static let mounts = """
        21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
        35 21 0:40 / /mnt/models ro,relatime shared:7 master:2 - nfs4 server:/models rw,vers=4.2
        36 21 0:41 / /mnt/with\\040space rw - fuse.sshfs me@host:/ rw
        37 21 8:2 / /mnt/disk rw - fuseblk /dev/sdb1 rw
        """

    @Test(arguments: [
        (21, "ext4", false), (35, "nfs4", true), (36, "fuse.sshfs", true), (37, "fuseblk", false),
    ])
    func theFileSystemIsFoundByItsMount(mount: Int, type: String, isNetwork: Bool) {
        let info = "pos:\t0\nflags:\t0100000\nmnt_id:\t\(mount)\nino:\t12\n"
        #expect(FileSystem.type(descriptorInfo: info, mountInfo: Self.mounts) == type)
        #expect(FileSystem.isNetwork(type) == isNetwork)
    }

    @Test func anUnknownMountIsNoFileSystem() {
        #expect(FileSystem.type(descriptorInfo: "mnt_id:\t99\n", mountInfo: Self.mounts) == nil)
        #expect(FileSystem.type(descriptorInfo: "pos:\t0\n", mountInfo: Self.mounts) == nil)
        #expect(FileSystem.type(descriptorInfo: "mnt_id:\t21\n", mountInfo: "21 1 8:1 / / rw -") == nil)
    }

    @Test(arguments: ["9p", "cifs", "smb3", "nfs", "fuse", "lustre", "ceph", "afs", "virtiofs"])
    func networkFileSystemsAreRead(type: String) {
        #expect(FileSystem.isNetwork(type))
    }

    /// 40 MiB: three pieces for the parallel reader, the last one short.
    @Test(arguments: Mapping.allCases) func aFileOfSeveralPiecesIsReadWhole(mapping: Mapping) throws {
        let folder = try TemporaryFolder()
        let count = 40 << 20 - 5
        let expected = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            for i in 0..<count { buffer[i] = UInt8(truncatingIfNeeded: i &* 2_654_435_761 >> 13) }
            used = count
        }
        try folder.write("large", expected)
        let bytes = try HostBytes(path: folder.path + "/large", mapping: mapping)
        let isEqual = bytes.withUnsafeBytes { found in
            expected.withUnsafeBytes { expected in
                guard let first = expected.baseAddress, let second = found.baseAddress else { return false }
                return found.count == count && memcmp(first, second, count) == 0
            }
        }
        #expect(bytes.count == count && isEqual)
        bytes.dropPages(1..<count - 1)
        #expect(bytes.withUnsafeBytes { $0[count / 2] == expected[count / 2] && $0[count - 1] == expected[count - 1] })
    }

    @Test func whatIsNoFileIsRefusedByItsBaseName() throws {
        let folder = try TemporaryFolder()
        #expect(throws: CheckpointError.unreadable(file: "none", reason: "No such file or directory")) {
            try HostBytes(path: folder.path + "/none")
        }
        let name = folder.path.split(separator: "/").last.map(String.init) ?? ""
        #expect(throws: CheckpointError.unreadable(file: name, reason: "it is not a regular file")) {
            try HostBytes(path: folder.path)
        }
        #expect(throws: CheckpointError.self) { try HostBytes(path: folder.path + "/a\0b") }
        mkfifo(folder.path + "/pipe", 0o666)
        #expect(throws: CheckpointError.unreadable(file: "pipe", reason: "it is not a regular file")) {
            try HostBytes(path: folder.path + "/pipe")
        }
        try folder.write("empty", "")
        #expect(try HostBytes(path: folder.path + "/empty").count == 0)
        #expect(throws: CheckpointError.self) { try SafetensorsFile(path: folder.path + "/empty") }
    }
}
