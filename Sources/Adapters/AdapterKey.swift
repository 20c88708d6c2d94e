/// The parts of a tensor's name in an adapter file: which component, which module, which parameter of it.
///
/// The dialects are data: ``prefixes`` and ``parameterNames``. Sources: kohya's `networks/lora.py`; diffusers
/// `state_dict_utils.py` (`UNET_TO_DIFFUSERS`, `DIFFUSERS_TO_PEFT`, `DIFFUSERS_OLD_TO_PEFT`); peft
/// `utils/save_and_load.py`; LyCORIS `docs/Network-Args.md` and its modules' `weight_list`.
struct AdapterKey: Hashable {
    let component: AdapterComponent
    /// The module's path as the file has it, without component and parameter: `down_blocks.0.attentions.0.proj_in`, or
    /// the same with underscores in place of the dots.
    let module: String
    let parameter: AdapterParameter

    /// How modules' names begin, and the component that they are of; the first that fits counts.
    private static let prefixes: [(prefix: String, component: AdapterComponent)] = [
        // kohya
        ("lora_unet_", .unet), ("lora_te1_", .textEncoder), ("lora_te2_", .textEncoder2), ("lora_te_", .textEncoder),
        // LyCORIS on diffusers' modules
        ("lycoris_unet_", .unet), ("lycoris_te1_", .textEncoder), ("lycoris_te2_", .textEncoder2),
        ("lycoris_te_", .textEncoder), ("lycoris_", .unet),
        // peft, of one component or with diffusers' names of components
        ("base_model.model.unet.", .unet), ("base_model.model.text_encoder_2.", .textEncoder2),
        ("base_model.model.text_encoder.", .textEncoder), ("base_model.model.text_model.", .textEncoder),
        ("base_model.model.encoder.layers.", .textEncoder), ("base_model.model.", .unet),
        // diffusers
        ("unet.", .unet), ("text_encoder_2.", .textEncoder2), ("text_encoder.", .textEncoder),
        // the denoiser of a single file
        ("diffusion_model.", .unet),
    ]

    /// Starts of names that have no prefix, since the file is of one component: diffusers' `save_attn_procs`.
    private static let bareNames: [(start: String, component: AdapterComponent)] = [
        ("down_blocks.", .unet), ("mid_block.", .unet), ("up_blocks.", .unet), ("conv_in.", .unet),
        ("conv_out.", .unet), ("time_embedding.", .unet), ("add_embedding.", .unet), ("text_model.", .textEncoder),
    ]

    /// Names of parameters besides those of ``AdapterParameter``.
    private static let parameterNames: [String: AdapterParameter] = [
        "lora_A": .down, "lora_B": .up, "lora_magnitude_vector": .magnitude,
    ]

    /// Names in two steps, the first of which may hang on the module's: `to_q_lora.down`.
    private static let pairs: [String: AdapterParameter] = ["down": .down, "up": .up]

    /// Nil where no dialect has such a name.
    init?(_ key: String) {
        guard let (rest, component) = Self.component(of: key), let (module, parameter) = Self.parameter(of: rest) else {
            return nil
        }
        self.component = component
        self.module = module
        self.parameter = parameter
    }

    private static func component(of key: String) -> (rest: String, AdapterComponent)? {
        for (prefix, component) in prefixes where key.hasPrefix(prefix) {
            // These two are the beginning of a module's name, not only of a component's.
            let begin = ["base_model.model.text_model.", "base_model.model.encoder.layers."].contains(prefix)
            return (String(key.dropFirst(begin ? "base_model.model.".count : prefix.count)), component)
        }
        return bareNames.first { key.hasPrefix($0.start) }.map { (key, $0.component) }
    }

    /// Reads from the end: `MODULE.lora_A.weight`, `MODULE.lora_A.default.weight`, `MODULE.hada_w1_a`,
    /// `MODULE.processor.to_q_lora.down.weight`, `MODULE.lora_linear_layer.up.weight`.
    private static func parameter(of key: String) -> (module: String, AdapterParameter)? {
        var parts = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.last == "weight" { parts.removeLast() }
        // peft writes the name of the adapter after the parameter's.
        for trailing in 0...1 where parts.count > trailing + 1 {
            let index = parts.count - 1 - trailing
            if let parameter = AdapterParameter(rawValue: parts[index]) ?? parameterNames[parts[index]] {
                return (name(parts[..<index]), parameter)
            }
        }
        guard parts.count >= 2, let last = parts.last, let parameter = pairs[last] else { return nil }
        let holder = parts[parts.count - 2]
        if ["lora", "lora_linear_layer"].contains(holder), parts.count > 2 {
            return (name(parts[..<(parts.count - 2)]), parameter)
        }
        guard holder.hasSuffix("_lora") else { return nil }
        return (name(parts[..<(parts.count - 2)] + [String(holder.dropLast("_lora".count))]), parameter)
    }

    /// Joins a module's name; attention processors, which old files name, are no modules of the model.
    private static func name(_ parts: ArraySlice<String>) -> String {
        parts.filter { $0 != "processor" }.joined(separator: ".")
    }
}
