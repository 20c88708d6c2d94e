/// Why the data folder cannot be used.
public enum StorageError: Error, Equatable, CustomStringConvertible, Sendable {
    /// Another process has it.
    case inUse
    /// It was written by a later version.
    case tooNew(version: Int, known: Int)
    /// A file in it cannot be opened, read or written.
    case file(name: String, reason: String)
    /// There is no room left.
    case full(name: String)
    /// A blob does not hold what its name says.
    case corrupt(name: String)

    /// One line for people.
    public var description: String {
        switch self {
        case .inUse:
            "the data folder is in use by another daguerre; stop that one, or give this one a folder of its own (--data)"
        case .tooNew(let version, let known):
            "the data folder has version \(version), written by a later daguerre; this one knows \(known) and leaves it alone"
        case .file(let name, let reason): "\(name) in the data folder: \(reason)"
        case .full(let name): "\(name) in the data folder: no space is left; free some, or set a shorter retention"
        case .corrupt(let name): "\(name) in the data folder does not hold what its name says; the disk may be failing"
        }
    }
}
