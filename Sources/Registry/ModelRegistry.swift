/// The models and adapters that requests may name.
public protocol ModelRegistry: Sendable {
    /// Every entry of `kind`, in the order of their names; the model in the executable is among the checkpoints.
    func entries(_ kind: ModelKind) async -> [RegistryEntry]
    /// The entry that a request calls `name`: its name, its file's base name, or its name in another case where only one
    /// has it; nil if there is none.
    func entry(_ name: String, _ kind: ModelKind) async -> RegistryEntry?
    /// The checkpoint of requests that name none.
    var defaultModel: String { get async }
    /// Looks again at what is there.
    func refresh() async throws
}
