extension ModelFiles {
    /// The weights of one of diffusers' components.
    public func weights(of component: String) throws(CheckpointError) -> WeightStore {
        try weights(of: component, base: "diffusion_pytorch_model", variant: nil)
    }

    /// The weights of `component`, whichever variant of them is there.
    public func weights(of component: String, base: String) throws(CheckpointError) -> WeightStore {
        try weights(of: component, base: base, variant: nil)
    }

    /// The weights of `component`, as diffusers and transformers lay them down in a folder.
    ///
    /// Looks for `<base>.safetensors`, then `<base>.safetensors.index.json` with its shards, then the same of a
    /// variant (`<base>.fp16.safetensors`, `<base>.safetensors.index.fp16.json`); a given `variant` comes alone.
    ///
    /// - Parameters:
    ///   - component: a folder of the model: `unet`; empty for the model's own.
    ///   - base: `diffusion_pytorch_model` for diffusers' components, `model` for transformers'.
    ///   - variant: `fp16`, or nil to take the plain files if there are any.
    public func weights(
        of component: String, base: String, variant: String?
    ) throws(CheckpointError) -> WeightStore {
        let names = try files(in: component)
        let prefix = component.isEmpty ? "" : component + "/"
        switch try WeightFile.choose(in: component.isEmpty ? name : component, names, base: base, variant: variant) {
        case .single(let file): return try WeightStore(files: [safetensors(prefix + file)])
        case .index(let file):
            guard let text = try bytes(prefix + file) else {
                throw .unreadable(file: prefix + file, reason: "there is no such file")
            }
            let index = try ShardIndex(file: prefix + file, text)
            var shards: [SafetensorsFile] = []
            for shard in index.files { shards.append(try safetensors(prefix + shard)) }
            let store = try WeightStore(files: shards)
            try index.check(store, prefix: prefix)
            return store
        }
    }
}

/// The file that a component's weights start from.
enum WeightFile: Hashable {
    case single(String)
    case index(String)

    /// Variants in the order in which they are taken where no plain file is.
    private static let preferred = ["fp16", "bf16", "fp32"]

    static func choose(
        in folder: String, _ names: [String], base: String, variant: String?
    ) throws(CheckpointError) -> WeightFile {
        if let variant {
            if let file = file(names, base: base, variant: variant) { return file }
        } else {
            if let file = file(names, base: base, variant: nil) { return file }
            let variants = variants(names, base: base)
            let choice = preferred.first(where: variants.contains) ?? (variants.count == 1 ? variants.first : nil)
            if let choice, let file = file(names, base: base, variant: choice) { return file }
            guard variants.isEmpty else {
                throw .noWeights(
                    folder: folder, expected: "a variant to be asked for", found: variants.sorted().listing)
            }
        }
        let expected = base + (variant.map { "." + $0 } ?? "") + ".safetensors"
        guard !names.contains(where: { $0.hasSuffix(".safetensors") }) else {
            throw .noWeights(
                folder: folder, expected: expected,
                found: names.filter { $0.hasSuffix(".safetensors") }.listing)
        }
        let pickles = names.filter(\.namesPickle)
        guard pickles.isEmpty else { throw .pickledWeights(folder: folder, found: pickles) }
        throw .noWeights(folder: folder, expected: expected, found: names.isEmpty ? "no file" : names.listing)
    }

    private static func file(_ names: [String], base: String, variant: String?) -> WeightFile? {
        let infix = variant.map { "." + $0 } ?? ""
        let single = base + infix + ".safetensors"
        if names.contains(single) { return .single(single) }
        let indices = [base + ".safetensors.index\(infix).json", base + infix + ".safetensors.index.json"]
        return indices.first(where: names.contains).map(WeightFile.index)
    }

    private static func variants(_ names: [String], base: String) -> Set<String> {
        var variants: Set<String> = []
        for name in names where name.hasPrefix(base + ".") {
            let rest = name.dropFirst(base.count + 1)
            let variant: Substring
            if rest.hasSuffix(".safetensors") {
                variant = rest.dropLast(".safetensors".count)
            } else if rest.hasPrefix("safetensors.index."), rest.hasSuffix(".json"), rest != "safetensors.index.json" {
                variant = rest.dropFirst("safetensors.index.".count).dropLast(".json".count)
            } else {
                continue
            }
            if !variant.isEmpty, !variant.contains("-of-") { variants.insert(String(variant)) }
        }
        return variants
    }
}
