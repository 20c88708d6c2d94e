/// Names of a model's modules in the layout of latent diffusion's own files beside diffusers' or transformers'.
///
/// A module has a name in each layout (`input_blocks.1.0`, `down_blocks.0.resnets.0`), and so have the layers in it
/// (`in_layers.2`, `conv1`). Both directions are read off the same pairs.
struct ModuleMap: Sendable {
    /// Names of the layers inside one kind of module.
    struct Layers: Sendable {
        /// Latent diffusion's name and the other one.
        let pairs: [(original: String, diffusers: String)]

        /// Every layer is called the same in both.
        static let same = Layers(pairs: [])
    }

    private struct Target: Sendable {
        let module: String
        let layers: [(from: String, to: String)]
    }

    private var byOriginal: [String: Target] = [:]
    private var byDiffusers: [String: Target] = [:]

    /// Notes that module `original` is called `diffusers` there.
    mutating func add(_ original: String, _ diffusers: String, _ layers: Layers = .same) {
        byOriginal[original] = Target(
            module: diffusers, layers: layers.pairs.map { (from: $0.original, to: $0.diffusers) })
        byDiffusers[diffusers] = Target(
            module: original, layers: layers.pairs.map { (from: $0.diffusers, to: $0.original) })
    }

    /// Diffusers' name of the tensor that latent diffusion calls `key`, or nil if it is in no known module.
    func diffusersKey(_ key: String) -> String? { Self.translate(key, byOriginal) }

    /// Latent diffusion's name of the tensor that diffusers calls `key`, or nil if it is in no known module.
    func originalKey(_ key: String) -> String? { Self.translate(key, byDiffusers) }

    /// Looks for the longest module that `key` lies in.
    private static func translate(_ key: String, _ targets: [String: Target]) -> String? {
        var module = key[...]
        while let dot = module.utf8.lastIndex(of: UInt8(ascii: ".")) {
            module = key[..<dot]
            guard let target = targets[String(module)] else { continue }
            let rest = key[key.utf8.index(after: dot)...]
            for (from, to) in target.layers where rest.hasPrefix(from + ".") {
                return target.module + "." + to + rest.dropFirst(from.utf8.count)
            }
            return target.module + "." + rest
        }
        return nil
    }
}
