import Glibc

/// A moment: milliseconds since 1970-01-01 UTC, as the store keeps it and a restart understands it.
public struct Timestamp: Comparable, Hashable, Sendable, Codable {
    /// Milliseconds since 1970-01-01 UTC.
    public var milliseconds: Int64

    /// The moment so many milliseconds after 1970-01-01 UTC.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// The moment it is.
    public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// The earlier moment is the smaller one.
    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    /// So many seconds later; what lies beyond all time is the end of it.
    public static func + (moment: Timestamp, seconds: Double) -> Timestamp {
        let sum = Double(moment.milliseconds) + seconds * 1000
        guard sum.isFinite else { return Timestamp(milliseconds: seconds > 0 ? .max : 0) }
        return Timestamp(milliseconds: Int64(exactly: sum.rounded()) ?? (sum > 0 ? .max : 0))
    }

    /// Seconds from `earlier` to here.
    public func seconds(since earlier: Timestamp) -> Double {
        (Double(milliseconds) - Double(earlier.milliseconds)) / 1000
    }

    /// Reads the number of milliseconds.
    public init(from decoder: any Decoder) throws { milliseconds = try Int64(from: decoder) }

    /// Writes the number of milliseconds.
    public func encode(to encoder: any Encoder) throws { try milliseconds.encode(to: encoder) }
}
