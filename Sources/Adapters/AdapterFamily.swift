/// Families of models by the width of the text states that their denoiser looks at.
enum AdapterFamily {
    /// `Stable Diffusion 1.x`, or the width itself where no family has it.
    static func name(contextWidth: Int) -> String {
        switch contextWidth {
        case 768: "Stable Diffusion 1.x"
        case 1024: "Stable Diffusion 2.x"
        case 1280: "Stable Diffusion XL's refiner"
        case 2048: "Stable Diffusion XL"
        default: "a model whose text states are \(contextWidth) wide"
        }
    }

    /// - Throws: ``AdapterError/otherFamily(file:family:reason:)`` if `adapter` is for another family than `target`'s.
    static func check(_ adapter: Adapter, fits target: AdapterTarget) throws(AdapterError) {
        if let model = target.contextWidth,
            let module = adapter.modules.first(where: { $0.component == .unet && isTextKey($0.name) }),
            let width = module.delta.weight?.extent.inputs, width != model
        {
            throw .otherFamily(
                file: adapter.file, family: name(contextWidth: width),
                reason: "attn2.to_k is \(width) wide, the model's \(model)")
        }
        guard target.components[.textEncoder2] == nil, target.components[.textEncoder] != nil,
            adapter.modules.contains(where: { $0.component == .textEncoder2 })
        else { return }
        throw .otherFamily(
            file: adapter.file, family: name(contextWidth: 2048),
            reason: "it changes a second text encoder, which the model does not have")
    }

    /// Whether a module of the denoiser, in any dialect, turns text states to keys or values.
    private static func isTextKey(_ module: String) -> Bool {
        let plain = ComponentLayers.plain(module, .unet)
        return plain.hasSuffix("attn2_to_k") || plain.hasSuffix("attn2_to_v")
    }
}
