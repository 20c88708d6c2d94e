/// How fast a body has to come that takes one of few places: who sends slower is not to keep others out.
struct BodyPace {
    private let start = ContinuousClock.now
    private let graceSeconds: Double
    private let bytesPerSecond: Int
    private var arrived = 0

    /// From now on.
    init(_ bounds: GatewayConfiguration.Bounds) {
        graceSeconds = bounds.heldGraceSeconds
        bytesPerSecond = bounds.heldBytesPerSecond
    }

    /// Notes that `count` more bytes have come; that none come at all is noticed by ``ConnectionClock``.
    ///
    /// - Throws: ``GatewayError/tooSlow(bytesPerSecond:)``.
    mutating func add(_ count: Int) throws(GatewayError) {
        arrived += count
        let allowed = graceSeconds + Double(arrived) / Double(bytesPerSecond)
        guard (ContinuousClock.now - start) / .seconds(1) <= allowed else {
            throw .tooSlow(bytesPerSecond: bytesPerSecond)
        }
    }
}
