import Glibc

/// Which addresses of the Internet are anyone's to ask, rather than of this machine or its neighbours.
///
/// Source: IANA's registries of special-purpose addresses, IPv4 and IPv6, as of 2026: what is not globally reachable is
/// refused, and so is what embeds another address.
enum PublicAddress {
    /// Whether `address`, in numbers as `inet_pton` reads them, is one of the public Internet; nothing else is.
    static func contains(_ address: String) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, address, &bytes) == 1 {
            return contains(v4: bytes[0..<4].reduce(0) { $0 << 8 | UInt32($1) })
        }
        return inet_pton(AF_INET6, address, &bytes) == 1 && contains(v6: bytes)
    }

    /// Whether the IPv4 address, the first of its bytes the highest, is public.
    static func contains(v4 address: UInt32) -> Bool {
        !reservedV4.contains { address >> (32 - $0.bits) == $0.start >> (32 - $0.bits) }
    }

    /// Whether the IPv6 address, of 16 bytes, is public.
    ///
    /// Only global unicast, 2000::/3, can be; within it, what embeds IPv4 addresses or is set aside is not.
    static func contains(v6 address: [UInt8]) -> Bool {
        guard address.count == 16, address[0] >> 5 == 0b001 else { return false }
        let groups = (0..<3).map { UInt16(address[2 * $0]) << 8 | UInt16(address[2 * $0 + 1]) }
        switch groups[0] {
        // 2001::/23 holds Teredo, ORCHID and benchmarks; 2001:db8::/32 is for documentation.
        case 0x2001: return groups[1] >= 0x200 && groups[1] != 0xdb8
        // 6to4 embeds an IPv4 address.
        case 0x2002: return false
        // 3fff::/20 is for documentation.
        case 0x3fff: return groups[1] >> 12 != 0
        default: return true
        }
    }

    private static let reservedV4: [(start: UInt32, bits: UInt32)] = [
        (0x0000_0000, 8),  // 0.0.0.0/8: this network
        (0x0a00_0000, 8),  // 10.0.0.0/8: private
        (0x6440_0000, 10),  // 100.64.0.0/10: carriers' own
        (0x7f00_0000, 8),  // 127.0.0.0/8: this machine
        (0xa9fe_0000, 16),  // 169.254.0.0/16: the link's own, clouds' metadata among it
        (0xac10_0000, 12),  // 172.16.0.0/12: private
        (0xc000_0000, 24),  // 192.0.0.0/24: protocols' own
        (0xc000_0200, 24),  // 192.0.2.0/24: documentation
        (0xc058_6300, 24),  // 192.88.99.0/24: 6to4 relays
        (0xc0a8_0000, 16),  // 192.168.0.0/16: private
        (0xc612_0000, 15),  // 198.18.0.0/15: benchmarks
        (0xc633_6400, 24),  // 198.51.100.0/24: documentation
        (0xcb00_7100, 24),  // 203.0.113.0/24: documentation
        (0xe000_0000, 3),  // 224.0.0.0/4: multicast; 240.0.0.0/4: reserved, broadcast among it
    ]
}
