import Glibc
package import Logging
import Synchronization

/// Where log lines go: standard error, one whole line after another.
package final class LogOutput: Sendable {
    private let descriptor: Int32
    private let lock = Mutex(())

    /// Writes to `descriptor`.
    package init(_ descriptor: Int32 = STDERR_FILENO) { self.descriptor = descriptor }

    /// A logger as the settings have it.
    package func logger(_ label: String, _ settings: ServerSettings) -> Logger {
        let isJSON =
            switch settings.logFormat {
            case .json: true
            case .text: false
            case .auto: isatty(descriptor) == 0
            }
        return Logger(label: label) { label in
            LineLogHandler(
                label: label, level: settings.logLevel, isJSON: isJSON, showsPrompts: settings.logPrompts,
                write: { self.write($0) })
        }
    }

    /// Writes all of `line`, if that can be done: a log that nobody takes must not stop the server.
    private func write(_ line: String) {
        lock.withLock { _ in
            var rest = Array(line.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }
}
