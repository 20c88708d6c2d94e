/// How far a run is, as a line of text.
package struct ProgressLine: Equatable, Sendable {
    /// Steps done and steps in all, over all pictures.
    package var done = 0
    package var total: Int
    /// The picture that is being drawn, from 0, and how many there are.
    package var image = 0
    package var imageCount: Int
    /// Durations of the last steps, at most ``window``, the latest last.
    private var recent: [Duration] = []

    private static let window = 10

    /// Starts at nothing done.
    package init(total: Int, imageCount: Int) {
        self.total = total
        self.imageCount = imageCount
    }

    /// Notes a step of picture `image`.
    package mutating func add(_ step: Duration, image: Int) {
        done += 1
        self.image = image
        recent = (recent + [step]).suffix(Self.window)
    }

    /// The mean duration of the last steps.
    package var secondsPerStep: Double {
        recent.isEmpty ? 0 : recent.map(seconds).reduce(0, +) / Double(recent.count)
    }

    /// One line without a bar: `step 3/20 · 0.52 s/step · 8.8 s left`.
    package var text: String {
        let picture = imageCount > 1 ? "picture \(image + 1)/\(imageCount) · " : ""
        guard done > 0 else { return picture + "step 0/\(total)" }
        let left = total > done ? " · \(brief(secondsPerStep * Double(total - done))) left" : ""
        return picture + "step \(done)/\(total) · \(brief(secondsPerStep))/step" + left
    }

    /// The same with a bar before it, in at most `width` columns.
    package func bar(width: Int) -> String {
        let cells = min(width - text.count - 4, 30)
        guard cells >= 5 else { return String(text.prefix(max(width - 1, 0))) }
        let filled = total == 0 ? cells : min(done, total) * cells / total
        return "[" + String(repeating: "█", count: filled) + String(repeating: "·", count: cells - filled) + "] " + text
    }
}

/// A duration in seconds.
package func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

/// Seconds for people: `0.012 s`, `0.52 s`, `8.8 s`, `73 s`, `12 min 5 s`, `3 h 20 min`.
package func brief(_ seconds: Double) -> String {
    switch seconds {
    case ..<0.0995: return "\(fixed(seconds, 3)) s"
    case ..<0.995: return "\(fixed(seconds, 2)) s"
    case ..<9.95: return "\(fixed(seconds, 1)) s"
    case ..<99.5: return "\(fixed(seconds, 0)) s"
    case ..<3599.5:
        let whole = Int(seconds.rounded())
        return "\(whole / 60) min \(whole % 60) s"
    case ..<1e9:
        let minutes = Int((seconds / 60).rounded())
        return "\(minutes / 60) h \(minutes % 60) min"
    default: return "ages"
    }
}

/// `value` with so many digits after the point.
package func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
    let scale = [1.0, 10, 100, 1000, 10000][min(max(digits, 0), 4)]
    let scaled = Int((value * scale).rounded())
    guard digits > 0 else { return "\(scaled)" }
    let fraction = String(abs(scaled) % Int(scale))
    let sign = scaled < 0 ? "-" : ""
    return "\(sign)\(abs(scaled) / Int(scale)).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
}

/// Bytes for people: `512 B`, `20.1 MB`, `2.13 GB`, in powers of ten.
package func briefBytes(_ count: Int) -> String {
    let value = Double(count)
    switch value {
    case ..<1e3: return "\(count) B"
    case ..<1e6: return "\(fixed(value / 1e3, 1)) kB"
    case ..<1e9: return "\(fixed(value / 1e6, 1)) MB"
    default: return "\(fixed(value / 1e9, 2)) GB"
    }
}
