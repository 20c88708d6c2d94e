public import DaguerreCheckpoints
package import DaguerreTensors

/// A model as adapters see it: the layers of each component, by every name that files give them, and their weights.
///
/// Make one per model and keep it: it lists every layer.
public struct AdapterTarget: Sendable {
    let components: [AdapterComponent: ComponentLayers]

    /// A model of the given weights, under diffusers' and transformers' keys; nil for a component that it lacks.
    public init(unet: WeightStore, textEncoder: WeightStore? = nil, textEncoder2: WeightStore? = nil) {
        var components: [AdapterComponent: ComponentLayers] = [.unet: ComponentLayers(unet, of: .unet)]
        components[.textEncoder] = textEncoder.map { ComponentLayers($0, of: .textEncoder) }
        components[.textEncoder2] = textEncoder2.map { ComponentLayers($0, of: .textEncoder2) }
        self.components = components
    }

    /// The matrices of `component`, and their shapes `[O, I]`, sorted by path; 1×1 convolutions among them.
    package func matrices(of component: AdapterComponent) -> [(path: String, shape: Shape)] {
        (components[component]?.layers ?? [:]).sorted { $0.key < $1.key }.compactMap { path, layer in
            let kernel = layer.shape.extents.dropFirst(2)
            guard layer.shape.rank > 1, kernel.allSatisfy({ $0 == 1 }) else { return nil }
            return (path, [layer.shape[0], layer.shape[1]])
        }
    }

    /// The width of the text states that the denoiser looks at, if it looks at any.
    var contextWidth: Int? {
        components[.unet]?.layers.first { $0.key.hasSuffix("attn2.to_k") }.map { $0.value.shape.channelsOfWeight }
    }
}

/// The layers of one component.
struct ComponentLayers: Sendable {
    /// A layer of the model.
    struct Layer: Sendable {
        /// The shape of its weight: `[O, I]`, `[O, I, K, K]` or, of a normalisation, `[C]`.
        let shape: Shape
        let hasBias: Bool
        /// What users who weigh blocks call the block that it is in.
        let block: String?
    }

    /// By the path under which the model reads the weight.
    let layers: [String: Layer]
    let store: WeightStore
    /// Paths by the names that files give, with underscores for dots.
    private let paths: [String: String]

    init(_ store: WeightStore, of component: AdapterComponent) {
        self.store = store
        let weights = store.keys.filter { $0.hasSuffix(".weight") }.map { String($0.dropLast(".weight".count)) }
        let names = LatentDiffusionNames(component == .unet ? weights : [])
        var layers: [String: Layer] = [:]
        var paths: [String: String] = [:]
        var others: [String: Set<String>] = [:]
        // Tables of embeddings are looked up on the host, where no backend could change them.
        for path in weights where !path.contains("embeddings.") {
            guard let shape = store.entry(path + ".weight")?.shape, [1, 2, 4].contains(shape.rank) else { continue }
            let other = component == .unet ? names.name(of: path) : nil
            layers[path] = Layer(
                shape: shape, hasBias: store.entry(path + ".bias") != nil,
                block: other.flatMap(LatentDiffusionNames.block))
            paths[Self.plain(path, component)] = path
            for alias in Self.aliases(path, component) + (other.map { [$0] } ?? []) {
                others[Self.plain(alias, component), default: []].insert(path)
            }
        }
        // A layer's own name goes before another's alias; a name that could be two layers' is nobody's.
        for (name, candidates) in others where paths[name] == nil && candidates.count == 1 {
            paths[name] = candidates.first
        }
        self.layers = layers
        self.paths = paths
    }

    /// The path of the layer that a file calls `module`, or nil if there is none.
    func path(of module: String, _ component: AdapterComponent) -> String? { paths[Self.plain(module, component)] }

    /// The form that all spellings of a name share: `text_model.` is left out, dots are underscores.
    static func plain(_ name: String, _ component: AdapterComponent) -> String {
        let name = name.split(separator: ".", omittingEmptySubsequences: false).joined(separator: "_")
        guard component != .unet, name.hasPrefix("text_model_") else { return name }
        return String(name.dropFirst("text_model_".count))
    }

    /// Names for `path` that old files have: attention called as in diffusers' other modules.
    private static func aliases(_ path: String, _ component: AdapterComponent) -> [String] {
        let renamed =
            component == .unet
            ? [("to_out.0", "to_out")]
            : [("q_proj", "to_q"), ("k_proj", "to_k"), ("v_proj", "to_v"), ("out_proj", "to_out")]
        return renamed.compactMap { old, new in
            path.hasSuffix("." + old) ? path.dropLast(old.count) + new : nil
        }
    }
}

extension Shape {
    /// I of a weight `[O, I, …]`; the only extent of a vector.
    var channelsOfWeight: Int { rank > 1 ? extents[1] : elementCount }
}
