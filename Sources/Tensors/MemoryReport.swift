/// What a backend holds, in bytes.
public struct MemoryReport: Hashable, Sendable {
    /// Packed weights.
    public var weightBytes: Int
    /// Weights, tensors and scratch space in use now.
    public var liveBytes: Int
    /// The most that was ever in use at once since the last reset.
    public var peakBytes: Int

    /// Makes a report.
    public init(weightBytes: Int = 0, liveBytes: Int = 0, peakBytes: Int = 0) {
        self.weightBytes = weightBytes
        self.liveBytes = liveBytes
        self.peakBytes = peakBytes
    }
}
