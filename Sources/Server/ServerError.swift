/// Why the server does not start.
package enum ServerError: Error, Equatable, CustomStringConvertible, Sendable {
    /// Other machines can reach the server, and nobody holds a key.
    case noKeys(host: String)
    /// A safety policy without anything that could judge.
    case noChecker(policy: String, reason: String)
    /// What previews are to be decoded by.
    case unusablePreviewDecoder(reason: String)
    /// The models folder is not there, or cannot be listed.
    case unreadableModels(reason: String)
    /// The default model is not there.
    case unknownModel(name: String, nearest: String?)
    /// The default model is needed and cannot be loaded.
    case unusableModel(reason: String)
    /// The TLS files cannot be used.
    case unusableTLS(reason: String)
    /// Something else listens there already, or nothing may.
    case cannotListen(address: String, reason: String)

    package var description: String {
        switch self {
        case .noKeys(let host):
            "host is \(host), which other machines can reach, and there is no API key; make one with daguerre keys add, "
                + "or listen on 127.0.0.1"
        case .noChecker(let policy, let reason):
            "safety is \(policy) and there is no safety checker to judge by: \(reason); put one into safety-checker/ in "
                + "the models folder, or name it with --safety-checker"
        case .unusablePreviewDecoder(let reason):
            "preview-decoder cannot be used: \(reason); name a TAESD decoder, or set it to automatic or linear"
        case .unreadableModels(let reason): "\(reason); make it, or name another with --models"
        case .unknownModel(let name, let nearest):
            "default-model is \(name), which is no model of the models folder"
                + (nearest.map { "; did you mean \($0)?" } ?? "")
        case .unusableModel(let reason): "the default model cannot be used: \(reason)"
        case .unusableTLS(let reason): reason
        case .cannotListen(let address, let reason): "\(address) cannot be listened on: \(reason)"
        }
    }
}
