public import DaguerreCheckpoints
import DaguerreTensors

/// The shape of an IP-Adapter, read off the names and shapes of its tensors, since its files have no configuration.
///
/// Source: diffusers 0.42.1 `UNet2DConditionLoadersMixin._convert_ip_adapter_image_proj_to_diffusers`.
public struct IPAdapterConfiguration: Equatable, Sendable {
    /// How it turns what a vision encoder sees into tokens.
    public enum Kind: Equatable, Sendable {
        /// One matrix, of the projected state of the whole picture: `ip-adapter_sd15`, `ip-adapter_sdxl_vit-h`.
        case plain
        /// Queries that look at the states of all patches: the Plus variants.
        case plus
        /// Two matrices for the state of each patch: `ip-adapter-full-face_sd15`.
        case fullFace
    }

    /// How it turns what a vision encoder sees into tokens.
    public let kind: Kind
    /// Width of the encoder's state that it looks at: the projected one if plain, the penultimate layer's else.
    public let inputWidth: Int
    /// Width of its tokens: the text states' of the UNet that it is for.
    public let contextWidth: Int
    /// Width inside; that of the queries of a Plus variant.
    let innerWidth: Int
    /// Tokens that a picture becomes; nil if it is as many as the encoder has.
    let tokenCount: Int?
    /// Of a Plus variant.
    let layerCount, heads, feedForwardWidth: Int

    /// Reads the tensors of `store`; `file` is its name in messages.
    ///
    /// - Throws: ``ModelError`` naming the kind of IP-Adapter that is not supported, or the tensor that is not as expected.
    public init(of store: WeightStore, file: String) throws(ModelError) {
        let check = ConfigurationCheck(file: file)
        func shape(_ key: String, rank: Int) throws(ModelError) -> Shape {
            let key = "image_proj." + key
            guard let found = store.entry(key)?.shape, found.rank == rank,
                found.extents.allSatisfy({ (1...1 << 20).contains($0) })
            else {
                throw .invalid(
                    file: file, field: key, found: store.entry(key).map { "of shape \($0.shape)" } ?? "absent",
                    expected: "a tensor of \(rank) axes, as IP-Adapters have it")
            }
            return found
        }
        func has(_ key: String) -> Bool { store.entry("image_proj." + key) != nil }

        let keys = store.keys
        let isFace =
            has("perceiver_resampler.proj_in.weight") || has("norm.weight") && has("proj.0.weight")
            || keys.contains { $0.hasPrefix("ip_adapter.") && $0.contains("_lora.") }
        try check.support(
            "the kind", "IP-Adapter FaceID", "IP-Adapter, IP-Adapter Plus, IP-Adapter full face", !isFace)
        if has("proj.weight") {
            kind = .plain
            let matrix = try shape("proj.weight", rank: 2)
            contextWidth = try shape("norm.weight", rank: 1)[0]
            try check.require(
                "image_proj.proj.weight", matrix, "a multiple of \(contextWidth) rows", matrix[0] % contextWidth == 0)
            inputWidth = matrix[1]
            innerWidth = contextWidth
            tokenCount = matrix[0] / contextWidth
            (layerCount, heads, feedForwardWidth) = (0, 1, 0)
        } else if has("proj.3.weight") {
            kind = .fullFace
            let matrix = try shape("proj.0.weight", rank: 2)
            (innerWidth, inputWidth) = (matrix[0], matrix[1])
            contextWidth = try shape("proj.3.weight", rank: 1)[0]
            tokenCount = nil
            (layerCount, heads, feedForwardWidth) = (0, 1, 0)
        } else {
            kind = .plus
            let latents = try shape("latents", rank: 3)
            tokenCount = latents[1]
            innerWidth = latents[2]
            inputWidth = try shape("proj_in.weight", rank: 2)[1]
            contextWidth = try shape("proj_out.weight", rank: 2)[0]
            let query = try shape("layers.0.0.to_q.weight", rank: 2)
            try check.require(
                "image_proj.layers.0.0.to_q.weight", query, "a multiple of \(Self.headWidth) rows",
                query[0] % Self.headWidth == 0)
            heads = query[0] / Self.headWidth
            feedForwardWidth = try shape("layers.0.1.1.weight", rank: 2)[0]
            layerCount = (0..<64).first { !has("layers.\($0).0.to_q.weight") } ?? 64
        }
    }

    /// Channels of an attention head of the Plus variants.
    static let headWidth = 64

    /// Checks that it is for a UNet, and for what a vision encoder sees.
    ///
    /// - Throws: ``ModelError`` naming what does not fit.
    public func requireFit(
        to unet: UNetConfiguration, encoder: CLIPVisionConfiguration, file: String
    ) throws(ModelError) {
        let check = ConfigurationCheck(file: file)
        for place in unet.transformers {
            try check.require(
                "the width of its tokens", contextWidth, "\(place.contextWidth), as the model's UNet has",
                contextWidth == place.contextWidth)
        }
        let width = kind == .plain ? encoder.projectionWidth : encoder.width
        try check.require(
            "the width of what it sees", inputWidth, "\(width), as the image encoder has", inputWidth == width)
    }
}
