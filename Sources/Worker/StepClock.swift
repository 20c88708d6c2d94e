/// How long a drawing will still take, by how long its steps took: a plain value.
package struct StepClock: Sendable {
    private var share = 0.0
    /// Seconds of the whole by the steps so far, the latest ones counting most; nil before the first.
    private var secondsOfWhole: Double?

    /// How much the latest step counts.
    private static let newest = 0.3

    /// Nothing is done yet.
    package init() {}

    /// A step has brought what is done to `share` of the whole, from 0 to 1, `seconds` after the one before.
    package mutating func advance(to share: Double, seconds: Double) {
        let gained = share - self.share
        guard gained > 0, seconds.isFinite, seconds >= 0 else { return }
        let whole = seconds / gained
        secondsOfWhole = secondsOfWhole.map { $0 + Self.newest * (whole - $0) } ?? whole
        self.share = share
    }

    /// Seconds left; nil before the first step.
    package var secondsLeft: Double? { secondsOfWhole.map { $0 * max(1 - share, 0) } }
}
