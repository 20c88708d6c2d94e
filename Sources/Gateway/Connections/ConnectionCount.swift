import NIOCore
import Synchronization

/// How many connections there are, in all and of each address.
final class ConnectionCount: Sendable {
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
        let address = channel.remoteAddress?.ipAddress ?? ""
        let isAdmitted = state.withLock { state in
            guard state.total < most, state.byAddress[address, default: 0] < mostPerAddress else { return false }
            state.total += 1
            state.byAddress[address, default: 0] += 1
            return true
        }
        if isAdmitted { channel.closeFuture.whenComplete { _ in self.forget(address) } }
        return isAdmitted
    }

    private func forget(_ address: String) {
        state.withLock { state in
            state.total -= 1
            let left = state.byAddress[address, default: 1] - 1
            state.byAddress[address] = left > 0 ? left : nil
        }
    }
}
