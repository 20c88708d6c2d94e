/// What an API key may be used for; each includes those before it.
public enum Scope: String, Codable, CaseIterable, Comparable, Sendable {
    /// Draw, and see what one has drawn.
    case generate
    /// Look for new models, too.
    case models
    /// See other owners' jobs and the server's state, and change its settings.
    case admin

    /// The one that allows less is the smaller.
    public static func < (a: Scope, b: Scope) -> Bool { a.rank < b.rank }

    private var rank: Int {
        switch self {
        case .generate: 0
        case .models: 1
        case .admin: 2
        }
    }
}
