/// What a file is that is no adapter for Stable Diffusion, told by the names of its tensors.
///
/// Better than "no key matches": the name of what was given.
enum ForeignFile {
    /// Kinds of adapters that are not applied, by a part of a tensor's name.
    private static let kinds: [(mark: String, kind: String)] = [
        (".on_input", "IA³"), (".oft_blocks", "OFT"), (".oft_diag", "OFT"), (".oft_R", "OFT"), (".boft_", "BOFT"),
        (".a1.weight", "GLoRA"), (".b1.weight", "GLoRA"), (".ia3_l", "IA³"), (".vera_lambda", "VeRA"),
        (".hra_u", "HRA"), (".set_weight", "replacing"), (".bias_indices", "sparse bias"), ("lllite_", "ControlLLLite"),
        ("lora_controlnet", "Control-LoRA"), ("hypernetwork", "hypernetwork"),
    ]

    /// Other families, by the start of a tensor's name.
    private static let families: [(start: String, family: String)] = [
        ("lora_unet_double_blocks", "Flux"), ("lora_unet_single_blocks", "Flux"),
        ("transformer.single_transformer_blocks", "Flux"), ("diffusion_model.double_blocks", "Flux"),
        ("lora_unet_joint_blocks", "Stable Diffusion 3"), ("diffusion_model.joint_blocks", "Stable Diffusion 3"),
        ("transformer.", "a transformer model"), ("lora_transformer_", "a transformer model"),
        ("lora_prior_", "Stable Cascade"), ("lora_te3_", "Flux or Stable Diffusion 3"),
    ]

    /// What is no adapter at all, by the start of a tensor's name.
    private static let others: [(start: String, what: String)] = [
        ("model.diffusion_model.", "a whole checkpoint; give it as the model"),
        ("control_model.", "a ControlNet; give it as a control model"),
        ("controlnet_cond_embedding.", "a ControlNet; give it as a control model"),
        ("emb_params", "an embedding; give it as one"), ("string_to_param", "an embedding; give it as one"),
        ("clip_l", "an embedding; give it as one"), ("clip_g", "an embedding; give it as one"),
        ("image_proj", "an IP-Adapter; give it as one"),
    ]

    /// - Throws: what is wrong with `file`, if a name tells.
    static func check(_ keys: [String], file: String) throws(AdapterError) {
        for key in keys {
            if let (_, kind) = kinds.first(where: { key.contains($0.mark) }) {
                throw .unsupportedKind(file: file, kind: kind, key: key)
            }
            if let (_, family) = families.first(where: { key.hasPrefix($0.start) }) {
                throw .otherFamily(file: file, family: family, reason: "it has a tensor \"\(key.shortened)\"")
            }
            if let (_, what) = others.first(where: { key.hasPrefix($0.start) }) {
                throw .notAnAdapter(file: file, found: what)
            }
        }
    }
}
