import Glibc

extension ServerSettings {
    /// Whether only this machine can reach ``host``.
    package var isLoopback: Bool {
        if host == "localhost" { return true }
        var (v4, v6) = (in_addr(), in6_addr())
        if inet_pton(AF_INET, host, &v4) == 1 { return UInt32(bigEndian: v4.s_addr) >> 24 == 127 }
        guard inet_pton(AF_INET6, host, &v6) == 1 else { return false }
        return withUnsafeBytes(of: &v6) { bytes in
            bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
        }
    }

    /// Refuses settings that do not go together, before anything is opened.
    func checkTogether() throws(SettingsError) {
        if (tlsCertificate == nil) != (tlsKey == nil) {
            throw .conflict("tls-certificate and tls-key go together; give both or neither")
        }
        if !isLoopback, !requireKeys {
            throw .conflict(
                "host is \(host), which other machines can reach, and require-keys is false; the server is open without "
                    + "keys on loopback only: leave require-keys out, or listen on 127.0.0.1")
        }
        if safety == .off, safetyChecker != nil {
            throw .conflict("safety-checker is given and safety is off; set safety to blur or block")
        }
        for origin in corsOrigins where !Self.isOrigin(origin) {
            throw .conflict("cors-origins: \(origin) is no origin, expected one such as https://studio.example")
        }
    }

    /// A scheme and a host, perhaps a port; nothing after them.
    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return false }
        let rest = text.dropFirst(scheme.count)
        return !rest.isEmpty && rest.allSatisfy { !"/?#@ *".contains($0) }
    }
}

/// Whether there is something at `path`.
func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }
