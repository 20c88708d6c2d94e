import Synchronization

/// Where the server can be reached, as a person would type it.
final class ServingAddress: Sendable {
    private let scheme: String
    private let host: String
    /// Known for sure once it is listened on.
    private let port: Mutex<Int>
    private let served = Atomic<Bool>(false)

    init(_ settings: ServerSettings) {
        scheme = settings.tlsCertificate == nil ? "http" : "https"
        host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        port = Mutex(settings.port)
    }

    /// Whether requests have been answered there.
    var isServing: Bool { served.load(ordering: .acquiring) }

    /// `http://127.0.0.1:7860`.
    var text: String { "\(scheme)://\(host):\(port.withLock { $0 })" }

    /// Notes that `port` is listened on.
    func serving(at port: Int) -> String {
        self.port.withLock { $0 = port }
        served.store(true, ordering: .releasing)
        return text
    }
}
