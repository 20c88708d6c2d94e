import Glibc

/// How many files and connections the process may have open.
enum DescriptorLimit {
    /// Asks for as many as the system allows: shells and systemd give 1024 to begin with, of which every connection takes one.
    static func raise() {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        // What is refused leaves the limit as it was.
        setrlimit(resource, &limit)
    }
}
