public import DaguerreCheckpoints
import DaguerreTensors

extension CLIPVisionConfiguration: VisionConfiguration {
    /// Reads the shape of one of the encoders that Stable Diffusion and its adapters use off its tensors.
    ///
    /// Heads and activation, which tensors do not show, are those of the encoder of that width: OpenAI's ViT-B and ViT-L,
    /// OpenCLIP's ViT-H and ViT-bigG.
    ///
    /// - Throws: ``ModelError`` naming what is not as expected.
    public init(of store: WeightStore, file: String) throws(ModelError) {
        let check = ConfigurationCheck(file: file)
        func shape(_ key: String, rank: Int) throws(ModelError) -> Shape {
            guard let found = store.entry(key)?.shape, found.rank == rank,
                found.extents.allSatisfy({ (1...65536).contains($0) })
            else {
                throw .invalid(
                    file: file, field: key, found: store.entry(key).map { "of shape \($0.shape)" } ?? "absent",
                    expected: "a tensor of \(rank) axes, as CLIP's vision encoders have it")
            }
            return found
        }
        let nested = "vision_model.vision_model."
        let prefix = store.entry(nested + "embeddings.class_embedding") == nil ? "vision_model." : nested
        let patches = try shape(prefix + "embeddings.patch_embedding.weight", rank: 4)
        width = patches[0]
        patchSize = patches[3]
        let positions = try shape(prefix + "embeddings.position_embedding.weight", rank: 2)[0]
        let side = (1...4096).first { $0 * $0 >= positions - 1 } ?? 4096
        imageSize = side * patchSize
        try check.require(
            "position_embedding", positions, "one more than a square", side * side == positions - 1)
        try check.require("patch_size", patchSize, "a picture of at most 4096 pixels", imageSize <= 4096)
        innerWidth = try shape(prefix + "encoder.layers.0.mlp.fc1.weight", rank: 2)[0]
        projectionWidth = try shape("visual_projection.weight", rank: 2)[0]
        layerCount = (0..<64).first { store.entry("\(prefix)encoder.layers.\($0).mlp.fc1.weight") == nil } ?? 64

        let known = [768: 12, 1024: 16, 1280: 16, 1664: 16]
        try check.support(
            "the width of the vision encoder", width,
            known.keys.sorted().map(String.init).joined(separator: ", ") + "; give its folder with config.json instead",
            known[width] != nil)
        heads = known[width] ?? 1
        activation = width > 1024 ? .gelu : .quickGELU
        normEpsilon = 1e-5
    }
}

extension SafetyCheckerConfiguration: VisionConfiguration {
    /// Reads the shape of the encoder inside off its tensors.
    ///
    /// - Throws: ``ModelError`` naming what is not as expected.
    public init(of store: WeightStore, file: String) throws(ModelError) {
        self.init(vision: try CLIPVisionConfiguration(of: store, file: file))
    }
}
