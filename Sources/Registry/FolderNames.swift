extension ModelKind {
    /// The kind of what lies in a folder of that name, whatever its case; nil if none.
    ///
    /// Beside our own names those that AUTOMATIC1111's and ComfyUI's model folders have, so that either can be given.
    init?(folder name: String) {
        let key = name.lowercased().filter { $0 != "-" && $0 != "_" && $0 != " " }
        guard let kind = Self.folders[key] else { return nil }
        self = kind
    }

    private static let folders: [String: ModelKind] = [
        "checkpoints": .checkpoint, "checkpoint": .checkpoint, "stablediffusion": .checkpoint, "diffusers": .checkpoint,
        "loras": .lora, "lora": .lora, "lycoris": .lora,
        "embeddings": .embedding, "embedding": .embedding, "textualinversion": .embedding,
        "controlnet": .control, "controlnets": .control, "t2iadapter": .control, "t2iadapters": .control,
        "ipadapter": .imagePrompt, "ipadapters": .imagePrompt,
        "clipvision": .vision,
        "vae": .vae, "vaes": .vae,
        "safetychecker": .safetyChecker, "safetycheckers": .safetyChecker,
        "vaeapprox": .previewDecoder, "vaetaesd": .previewDecoder,
    ]

    /// The endings of files that are one of this kind.
    var endings: [String] { self == .embedding ? [".safetensors", ".png"] : [".safetensors"] }

    /// The file whose presence makes a whole folder one of this kind; nil where only files are.
    var marker: String? {
        switch self {
        case .checkpoint: "model_index.json"
        case .control, .vision, .vae, .safetyChecker, .previewDecoder: "config.json"
        case .lora, .embedding, .imagePrompt: nil
        }
    }

    /// The endings of pickles, which are never read: they are named among the problems.
    static let pickleEndings = [".ckpt", ".pt", ".pth", ".bin"]
}
