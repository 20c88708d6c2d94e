import Glibc
package import NIOCore
import Synchronization

/// Which connections there are, and how many of each address; at the end it closes them, and waits for what they have begun.
package final class OpenConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var byAddress: [String: Int] = [:]
        /// Requests and messages that tasks are answering.
        var answers = 0
        var isEnded = false
        var waiting: CheckedContinuation<Void, Never>?

        /// Who waits for the end, if this is it.
        mutating func awaited() -> CheckedContinuation<Void, Never>? {
            guard channels.isEmpty, answers == 0 else { return nil }
            defer { waiting = nil }
            return waiting
        }
    }

    private let most: Int, mostPerAddress: Int
    private let state = Mutex(State())

    init(most: Int, perAddress: Int) {
        self.most = most
        mostPerAddress = perAddress
    }

    /// How many there are.
    var total: Int { state.withLock(\.channels.count) }

    /// Counts a connection until it is closed; `false` if there are too many already.
    func admit(_ channel: any Channel) -> Bool {
        let address = Self.source(of: channel.remoteAddress)
        let isAdmitted = state.withLock { state in
            guard !state.isEnded, state.channels.count < most, state.byAddress[address, default: 0] < mostPerAddress
            else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            state.byAddress[address, default: 0] += 1
            return true
        }
        if isAdmitted { channel.closeFuture.whenComplete { _ in self.forget(channel, address) } }
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

    /// A task begins to answer.
    func begin() { state.withLock { $0.answers += 1 } }

    /// A task has answered.
    func end() {
        state.withLock { state in
            state.answers -= 1
            return state.awaited()
        }?.resume()
    }

    /// Closes all connections, lets none in any longer, and waits until nothing is left of them; called once.
    func close() async {
        await withCheckedContinuation { continuation in
            let (channels, awaited) = state.withLock { state in
                state.isEnded = true
                state.waiting = continuation
                return (Array(state.channels.values), state.awaited())
            }
            for channel in channels { channel.close(promise: nil) }
            awaited?.resume()
        }
    }

    private func forget(_ channel: any Channel, _ address: String) {
        state.withLock { state in
            state.channels[ObjectIdentifier(channel)] = nil
            let left = state.byAddress[address, default: 1] - 1
            state.byAddress[address] = left > 0 ? left : nil
            return state.awaited()
        }?.resume()
    }
}
