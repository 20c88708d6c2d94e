/// The components that were found in a checkpoint of one file.
struct SingleFileParts {
    /// A text encoder and what its tensors show.
    struct Text {
        let encoder: SingleFileFamily.TextEncoder
        let layout: TextLayout
        let layerCount: Int
    }

    let family: SingleFileFamily
    let isInpainting: Bool
    /// By the names of diffusers' folders.
    let stores: [String: WeightStore]

    private let unet: UNetLayout
    private let autoencoder: AutoencoderLayout?
    private let texts: [Text]
    private let sampleSize: Int?

    /// Finds the denoiser, and what there is of the other parts.
    ///
    /// - Throws: ``CheckpointError/unsupportedLayout(file:found:expected:)`` if there is no denoiser of Stable Diffusion.
    init(_ file: any TensorFile) throws(CheckpointError) {
        let store = try WeightStore(files: [file])
        let entries = store.entries
        func tensors(_ prefix: String) -> TensorShapes {
            TensorShapes(file: file.name, entries, prefix: prefix)
        }
        func problem(_ found: String) -> CheckpointError {
            .unsupportedLayout(
                file: file.name, found: found, expected: "Stable Diffusion 1.x, 2.x or XL in latent diffusion's layout")
        }
        if let marker = SingleFilePrediction.unsupportedMarkers.first(where: { store.entry($0) != nil }) {
            throw problem("tensor \"\(marker)\": noise levels of EDM")
        }
        let unetPrefix = SingleFileFamily.unetPrefixes.first { store.entry($0 + "input_blocks.0.0.weight") != nil }
        guard let unetPrefix else { throw problem(Foreign.name(entries)) }

        let unetTensors = tensors(unetPrefix)
        unet = try UNetLayout(original: unetTensors)
        guard [4, 9].contains(unet.inChannels) else {
            throw problem("a UNet of \(unet.inChannels) input channels, not 4 or 9")
        }
        isInpainting = unet.inChannels == 9
        family = SingleFileFamily(unet) { prefix in entries.contains { $0.key.hasPrefix(prefix) } }
        if unet.additionWidth != nil, entries.contains(where: { $0.key.hasPrefix("cond_stage_model.") }) {
            throw problem("a UNet that is told a picture's embedding (unCLIP)")
        }
        var stores = ["unet": try OriginalViews.unet(unetTensors, unet, of: store)]

        let prefixes = SingleFileFamily.autoencoderPrefixes
        if let prefix = prefixes.first(where: { store.entry($0 + "decoder.conv_in.weight") != nil }) {
            let found = tensors(prefix)
            let layout = try AutoencoderLayout(original: found)
            stores["vae"] = try OriginalViews.autoencoder(found, layout, of: store)
            autoencoder = layout
        } else {
            autoencoder = nil
        }

        var texts: [Text] = []
        for encoder in family.textEncoders {
            let found = tensors(encoder.prefix)
            guard !found.isEmpty else { continue }
            let text = try Self.text(encoder, found)
            stores[encoder.component] =
                encoder.isOpenCLIP
                ? try OriginalViews.openCLIP(
                    found, text.layout, layerCount: text.layerCount, hasProjection: encoder.hasProjection, of: store)
                : try OriginalViews.clip(found, of: store)
            texts.append(text)
        }
        self.texts = texts
        self.stores = stores
        sampleSize = Self.sampleSize(file.metadata["modelspec.resolution"])
    }

    /// SD 2 looks at the states before the last block, which diffusers therefore does not keep.
    ///
    /// A file that was written back from a diffusers folder lacks that block, and lacks the projection too, by which
    /// the two are told apart; of ViT-H's 24 blocks, the last is left out in any case.
    private static func text(
        _ encoder: SingleFileFamily.TextEncoder, _ tensors: TensorShapes
    ) throws(CheckpointError) -> Text {
        guard encoder.isOpenCLIP else {
            let layout = try TextLayout(transformers: tensors)
            return Text(encoder: encoder, layout: layout, layerCount: layout.layerCount)
        }
        let layout = try TextLayout(openCLIP: tensors)
        let isWhole = layout.projectionWidth != nil || layout.layerCount == 24
        let isCut = !encoder.hasProjection && isWhole && layout.layerCount > 1
        return Text(encoder: encoder, layout: layout, layerCount: layout.layerCount - (isCut ? 1 : 0))
    }

    /// Side of the latents, from the `768x768` of the ModelSpec standard.
    private static func sampleSize(_ resolution: String?) -> Int? {
        let sides = resolution?.split(separator: "x").map { Int($0) } ?? []
        guard sides.count == 2, let width = sides[0], width == sides[1], width % 8 == 0, (64...8192).contains(width)
        else { return nil }
        return width / 8
    }

    /// Every configuration and vocabulary file, by its path in a diffusers folder.
    func texts(_ prediction: SingleFilePrediction, vocabulary: VocabularyFiles) -> [String: [UInt8]] {
        let write = SingleFileConfigurations(family: family, prediction: prediction)
        var files: [String: [UInt8]] = [:]
        files[ModelIndex.file] = write.index(isInpainting: isInpainting).fileText
        files["unet/config.json"] = write.unet(unet, sampleSize: sampleSize).fileText
        files["scheduler/scheduler_config.json"] = write.scheduler.fileText
        if let autoencoder { files["vae/config.json"] = write.autoencoder(autoencoder).fileText }
        for text in texts {
            let (component, tokenizer) = (text.encoder.component, text.encoder.tokenizer)
            files[component + "/config.json"] =
                write.text(text.layout, text.encoder, layerCount: text.layerCount).fileText
            files[tokenizer + "/tokenizer_config.json"] = write.tokenizer(text.encoder).fileText
            files[tokenizer + "/vocab.json"] = vocabulary.vocabulary
            files[tokenizer + "/merges.txt"] = vocabulary.merges
        }
        return files
    }
}

/// Models that are often met and are no Stable Diffusion, for a message that says which.
private enum Foreign {
    /// What a file of `entries` seems to be.
    static func name(_ entries: [WeightEntry]) -> String {
        func has(_ part: String) -> Bool { entries.contains { $0.key.contains(part) } }
        let known = [
            ("joint_blocks.", "Stable Diffusion 3"), ("double_blocks.", "Flux"), ("lora_", "a LoRA"),
            (".lora", "a LoRA"),
            ("control_model.", "a ControlNet"), ("controlnet_cond_embedding.", "a ControlNet"),
            ("ip_adapter.", "an IP-Adapter"), ("down_blocks.", "a component in diffusers' layout, without its folder"),
            ("first_stage_model.", "an autoencoder alone (--vae takes one)"),
            ("decoder.conv_in.", "an autoencoder alone (--vae takes one)"), ("emb_params", "an embedding"),
        ]
        return known.first { has($0.0) }?.1 ?? (entries.isEmpty ? "no tensors" : "tensors of another model")
    }
}
