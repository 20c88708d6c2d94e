/// On whose behalf a job runs: an API key's identifier, or everyone on a server that is open to its own machine.
///
/// What one owner has, no other sees.
public struct Owner: Hashable, Sendable, Codable {
    /// What the store sees.
    public let name: String

    /// The owner called `name`.
    public init(_ name: String) { self.name = name }

    /// Everyone, on a server without keys.
    public static let local = Owner("local")

    /// Reads the name.
    public init(from decoder: any Decoder) throws { name = try String(from: decoder) }

    /// Writes the name.
    public func encode(to encoder: any Encoder) throws { try name.encode(to: encoder) }
}
