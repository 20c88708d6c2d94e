/// Which file system an open file lies on, from what the kernel tells under `/proc/self`.
///
/// glibc's `statfs` is not in the toolchain's module of it.
package enum FileSystem {
    /// The type of the file system that the file lies on: `ext4`, `nfs4`, `fuse.sshfs`.
    ///
    /// - Parameters:
    ///   - descriptorInfo: the text of `/proc/self/fdinfo/<descriptor>`, which has the mount's number.
    ///   - mountInfo: the text of `/proc/self/mountinfo`: number, parent, device, root, folder, options, optional
    ///     fields, a dash, type, source, options (`man 5 proc`).
    package static func type(descriptorInfo: String, mountInfo: String) -> String? {
        let mount = descriptorInfo.split(separator: "\n").first { $0.hasPrefix("mnt_id:") }?.dropFirst(7)
        guard let number = mount?.split(whereSeparator: \.isWhitespace).first else { return nil }
        for line in mountInfo.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.first == number, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else {
                continue
            }
            return String(fields[dash + 1])
        }
        return nil
    }

    /// Whether pages of such a file system come over a network or through another process, one fault at a time.
    package static func isNetwork(_ type: String) -> Bool {
        type == "fuse" || type.hasPrefix("fuse.") || networkTypes.contains(type)
    }

    private static let networkTypes: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "lustre", "ceph", "afs", "coda", "gfs2", "ocfs2",
        "gpfs", "beegfs", "panfs", "glusterfs", "orangefs", "vboxsf", "vmhgfs", "prl_fs", "juicefs",
    ]
}
