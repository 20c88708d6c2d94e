import NIOCore

/// Looks at all connections of an event loop every so often: one timer for all of them.
///
/// Is used on its event loop only.
final class ConnectionRounds {
    private let eventLoop: any EventLoop
    private let interval: TimeAmount
    private var clocks: [ObjectIdentifier: ConnectionClock] = [:]
    private var isGoing = false

    /// Rounds frequent enough for `bounds`.
    init(on eventLoop: any EventLoop, _ bounds: GatewayConfiguration.Bounds) {
        self.eventLoop = eventLoop
        let shortest = min(
            bounds.headerSeconds, bounds.idleSeconds, bounds.writeSeconds, bounds.keepAliveSeconds, bounds.pingSeconds)
        interval = TimeAmount(seconds: min(max(shortest / 4, 0.02), 1))
    }

    /// Looks at `clock` from now on.
    func add(_ clock: ConnectionClock) {
        clocks[ObjectIdentifier(clock)] = clock
        if !isGoing { schedule() }
    }

    /// No longer looks at `clock`.
    func remove(_ clock: ConnectionClock) { clocks[ObjectIdentifier(clock)] = nil }

    private func schedule() {
        isGoing = !clocks.isEmpty
        guard isGoing else { return }
        eventLoop.assumeIsolatedUnsafeUnchecked().scheduleTask(in: interval) { [self] in
            let now = NIODeadline.now()
            // A look may end a connection, which changes the list.
            for clock in Array(clocks.values) { clock.look(now) }
            schedule()
        }
    }
}
