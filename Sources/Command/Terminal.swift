import Glibc

/// One of the process's two text streams.
struct Terminal: Sendable {
    static let output = Terminal(descriptor: STDOUT_FILENO)
    static let error = Terminal(descriptor: STDERR_FILENO)

    let descriptor: Int32

    /// Whether a person may be watching.
    var isInteractive: Bool { isatty(descriptor) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb" }

    /// Columns, 80 if unknown.
    var width: Int {
        var size = winsize()
        let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return isKnown ? Int(size.ws_col) : 80
    }

    /// Opens /dev/null for each of the three standard streams that is closed, lest a model's file take its number.
    static func reserve() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", O_RDWR)
        }
    }

    /// Writes what the command was run for; a reader that has gone away is not an error.
    ///
    /// - Throws: ``CommandFailure/outputNotWritten(reason:)``, where a disk is full, say.
    func print(_ text: String) throws(CommandFailure) {
        guard let error = attempt(text), error != EPIPE else { return }
        throw .outputNotWritten(reason: String(cString: strerror(error)))
    }

    /// Writes a message, if that can be done.
    func write(_ text: String) { _ = attempt(text) }

    /// Writes all of `text`; the system's error number if it could not.
    private func attempt(_ text: String) -> Int32? {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count < 0 ? errno : EIO }
            rest = rest.dropFirst(count)
        }
        return nil
    }
}
