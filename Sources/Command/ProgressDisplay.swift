import Synchronization

/// Shows a run's progress on standard error: a bar that moves on a terminal, plain lines elsewhere.
final class ProgressDisplay: Sendable {
    private let terminal = Terminal.error
    private let isInteractive = Terminal.error.isInteractive
    private let isQuiet: Bool
    private let line: Mutex<ProgressLine>

    init(isQuiet: Bool, imageCount: Int) {
        self.isQuiet = isQuiet
        line = Mutex(ProgressLine(total: 0, imageCount: imageCount))
    }

    /// Notes what is under way before the first step; shown on a terminal only.
    func show(_ text: String) {
        guard isInteractive, !isQuiet else { return }
        terminal.write("\r\(text)\u{1b}[K")
    }

    /// Notes one step of `count` for picture `image`.
    func step(_ duration: Duration, count: Int, image: Int) {
        line.withLock { line in
            line.total = count * line.imageCount
            line.add(duration, image: image)
            guard !isQuiet else { return }
            terminal.write(isInteractive ? "\r\(line.bar(width: terminal.width))\u{1b}[K" : line.text + "\n")
        }
    }

    /// Removes the bar, so that what follows starts on an empty line.
    func clear() {
        guard isInteractive, !isQuiet else { return }
        terminal.write("\r\u{1b}[K")
    }
}
