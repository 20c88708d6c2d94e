import Glibc
package import NIOCore
import Synchronization

/// How many connections there are, in all and of each address.
package final class ConnectionCount: Sendable {
    private struct State {
        var total = 0
        var byAddress: [String: Int] = [:]
    }

    private let most: Int, mostPerAddress: Int
    private let state = Mutex(State())

    init(most: Int, perAddress: Int) {
        self.most = most
        mostPerAddress = perAddress
    }

    /// How many there are.
    var total: Int { state.withLock { $0.total } }

    /// Counts a connection until it is closed; `false` if there are too many already.
    func admit(_ channel: any Channel) -> Bool {
        let address = Self.source(of: channel.remoteAddress)
        let isAdmitted = state.withLock { state in
            guard state.total < most, state.byAddress[address, default: 0] < mostPerAddress else { return false }
            state.total += 1
            state.byAddress[address, default: 0] += 1
            return true
        }
        if isAdmitted { channel.closeFuture.whenComplete { _ in self.forget(address) } }
        return isAdmitted
    }

    /// Whose connections are counted together: an IPv4 address, or a network of 64 bits, of which one host has every address.
    package static func source(of address: SocketAddress?) -> String {
        let text = address?.ipAddress ?? ""
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return text }
        return withUnsafeBytes(of: &v6) { bytes in
            let isIPv4 = bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])
            return bytes[isIPv4 ? 12..<16 : 0..<8].map { String($0, radix: 16) }.joined(separator: ":")
        }
    }

    private func forget(_ address: String) {
        state.withLock { state in
            state.total -= 1
            let left = state.byAddress[address, default: 1] - 1
            state.byAddress[address] = left > 0 ? left : nil
        }
    }
}
