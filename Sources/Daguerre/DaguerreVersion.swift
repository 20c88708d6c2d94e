/// Which Daguerre this is.
public enum DaguerreVersion {
    /// By the rules of semantic versioning: `0.1.0`.
    public static let current = "0.1.0"
}
