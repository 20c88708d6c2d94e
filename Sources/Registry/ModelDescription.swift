/// What is read off a model beyond its name and its size.
public struct ModelDescription: Codable, Equatable, Sendable {
    /// What kind of model: `Stable Diffusion 1.x`.
    public var family: String?
    /// SHA-256, 64 hexadecimal digits, of a model that lies in no file.
    public var digest: String?
    /// Bytes of the weights of a model that lies in no file.
    public var byteCount: Int?

    /// What is known of a model.
    public init(family: String? = nil, digest: String? = nil, byteCount: Int? = nil) {
        self.family = family
        self.digest = digest
        self.byteCount = byteCount
    }
}
