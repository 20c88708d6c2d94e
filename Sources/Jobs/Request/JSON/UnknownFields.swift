import Synchronization

/// Collects the fields of a request's JSON that nothing reads.
///
/// It travels in a decoder's `userInfo`: an interface of our own refuses what it holds, one that follows another's product
/// only tells of it.
public final class UnknownFields: Sendable {
    /// More names than this are not kept, so that a hostile request cannot fill a header or a log.
    public static let mostNames = 16
    static let userInfoKey = CodingUserInfoKey(rawValue: "daguerre.unknown-fields")

    private let kept = Mutex<[String]>([])

    /// Nothing was found yet.
    public init() {}

    /// Full paths, such as `controls[0].wieght`, in no order that means anything.
    public var names: [String] { kept.withLock(\.self) }

    /// Refuses the first of them.
    ///
    /// - Throws: ``RequestError``.
    public func refuse() throws(RequestError) {
        guard let name = names.min() else { return }
        throw RequestError(name, found: "it", expected: "a field of this request")
    }

    func add(_ name: String) {
        kept.withLock { kept in
            if kept.count < Self.mostNames { kept.append(name) }
        }
    }
}
