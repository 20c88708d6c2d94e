/// Why the engine refuses before it starts.
public enum EngineError: Error, Equatable, CustomStringConvertible {
    /// A request or a model that does not fit into memory; sizes in bytes.
    case tooLarge(what: String, needed: Int, available: Int)

    /// One line for people.
    public var description: String {
        switch self {
        case .tooLarge(let what, let needed, let available):
            "\(what) needs \(gibibytes(needed)) GiB of memory and \(gibibytes(available)) GiB are available;"
                + " use a smaller size, or end other processes"
        }
    }

    private func gibibytes(_ bytes: Int) -> String {
        let tenths = (Double(bytes) / Double(1 << 30) * 10).rounded(.up)
        return "\(tenths / 10)"
    }
}
