import DaguerreJobs
import DaguerreRegistry

/// What the registry holds, under the names by which AUTOMATIC1111's interface calls it.
struct WebUICatalog: Sendable {
    let registry: any ModelRegistry

    /// The entry that `name` means: a title such as `dreamlike.safetensors [0123456789]`, a name, a file's base name, or the
    /// beginning of a digest.
    ///
    /// - Throws: ``DaguerreJobs/RequestError`` listing what there is.
    func entry(_ name: String, _ kind: ModelKind, field: String) async throws(RequestError) -> RegistryEntry {
        if let entry = await registry.entry(name, kind) { return entry }
        let bare = Self.withoutDigest(name)
        if bare != name, let entry = await registry.entry(bare, kind) { return entry }
        let entries = await registry.entries(kind)
        if let entry = entries.first(where: { $0.file == bare }) { return entry }
        if name.utf8.count >= 8, let entry = entries.first(where: { $0.digest?.hasPrefix(name.lowercased()) ?? false })
        {
            return entry
        }
        let known = entries.prefix(8).map(\.name).joined(separator: ", ")
        throw RequestError(
            field, found: JSONValue.text(name).outline, expected: known.isEmpty ? "there; none are" : "one of: " + known
        )
    }

    /// The entry of the model that requests draw with which name none.
    func defaultModel() async throws(RequestError) -> RegistryEntry {
        try await entry(registry.defaultModel, .checkpoint, field: "sd_model_checkpoint")
    }

    /// `name` without the digest in brackets that titles end with.
    static func withoutDigest(_ name: String) -> String {
        guard name.hasSuffix("]"), let bracket = name.lastIndex(of: "[") else { return name }
        let bare = name[..<bracket]
        return bare.hasSuffix(" ") ? String(bare.dropLast()) : name
    }
}

extension RegistryEntry {
    /// What the interface calls the model in lists and options: the file's base name and the digest's beginning.
    var webUITitle: String { digest.map { "\(file) [\($0.prefix(10))]" } ?? file }
}

/// What AUTOMATIC1111's interface writes where a model or the like is not chosen.
func isNone(_ name: String?) -> Bool {
    guard let name else { return true }
    return ["", "none", "automatic", "use same checkpoint", "use same sampler", "use same scheduler"].contains(
        name.lowercased())
}
