/// Why a models folder could not be listed.
public enum RegistryError: Error, Equatable, CustomStringConvertible {
    /// The system refused, or it is no folder; `reason` says which.
    case unreadable(folder: String, reason: String)
    /// It holds more than a registry lists.
    case tooManyFiles(folder: String, limit: Int)
    /// The system has no thread to read files on.
    case noThread

    /// One line for people.
    public var description: String {
        switch self {
        case .unreadable(let folder, let reason): "the models folder \(folder) cannot be read: \(reason)"
        case .tooManyFiles(let folder, let limit):
            "the models folder \(folder) holds more than \(limit) files; give a folder that holds models only"
        case .noThread: "the system could not start a thread for reading files; end other processes and try again"
        }
    }
}
