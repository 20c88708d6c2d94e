/// What a checkpoint's denoiser predicts, and to which noise level it was trained.
public struct SingleFilePrediction: Hashable, Sendable {
    /// What the denoiser predicts.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The noise.
        case epsilon
        /// Velocity: noise and picture mixed, as SD 2's 768-pixel models.
        case velocity = "v"

        /// What `scheduler_config.json` calls it.
        public var schedulerName: String { self == .epsilon ? "epsilon" : "v_prediction" }
    }

    /// What the denoiser predicts.
    public let type: Kind
    /// Whether the last noise level is pure noise.
    public let hasZeroSNR: Bool
    /// Where the type was found, for people: `tensor "v_pred"`.
    public let source: String

    /// Tensors without use for a picture that say how the model was trained.
    ///
    /// Source: ComfyUI's documented names, also written by the trainers of NoobAI and others.
    static let markers = ["v_pred", "ztsnr"]
    /// Tensors of models whose noise levels are those of EDM, which is not supported.
    static let unsupportedMarkers = ["edm_mean", "edm_std", "edm_vpred.sigma_max", "edm_vpred.sigma_min"]

    /// Looks, in this order, at what the user says, at marker tensors, at the file's metadata, at a configuration of
    /// the original code beside the file, and at what the family has in most cases.
    ///
    /// SD 2 is taken to predict velocity, as diffusers takes it: its 512-pixel base models predict noise, and nothing
    /// in their safetensors files says so. SD 2's inpainting model is one of them.
    init(
        _ family: SingleFileFamily, isInpainting: Bool, requested: Kind?, hasTensor: (String) -> Bool,
        metadata: [String: String], sidecar: [UInt8]?
    ) {
        hasZeroSNR = hasTensor("ztsnr")
        if let requested {
            (type, source) = (requested, "asked for")
        } else if let marker = Self.markers.first(where: hasTensor) {
            (type, source) = (.velocity, "tensor \"\(marker)\"")
        } else if let found = Self.type(metadata: metadata) {
            (type, source) = (found.0, "metadata \(found.1)")
        } else if let found = sidecar.flatMap(Self.type(yaml:)) {
            (type, source) = (found, "the yaml file beside it")
        } else {
            type = family == .stableDiffusion2 && !isInpainting ? .velocity : .epsilon
            source = "as \(family.rawValue) has it"
        }
    }

    /// Source: the ModelSpec standard of Stability AI, `prediction_type` and `architecture`.
    private static func type(metadata: [String: String]) -> (Kind, String)? {
        switch metadata["modelspec.prediction_type"] {
        case "epsilon": return (.epsilon, "modelspec.prediction_type")
        case "v", "v_prediction": return (.velocity, "modelspec.prediction_type")
        default: break
        }
        // Source: diffusers 0.42.1 `_legacy_load_scheduler`: Stable Diffusion 2's base was saved after so many steps.
        if metadata["global_step"] == "875000" { return (.epsilon, "global_step") }
        let architecture = metadata["modelspec.architecture"] ?? ""
        if architecture.hasPrefix("stable-diffusion-v2-512") { return (.epsilon, "modelspec.architecture") }
        if architecture.hasPrefix("stable-diffusion-v2-768-v") { return (.velocity, "modelspec.architecture") }
        return nil
    }

    /// The one line `parameterization: "v"` of latent diffusion's configuration.
    private static func type(yaml: [UInt8]) -> Kind? {
        for line in String(decoding: yaml, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let words = line.split { $0 == " " || $0 == "\t" || $0 == "\"" || $0 == "'" }
            guard words.first == "parameterization:", words.count > 1 else { continue }
            switch words[1] {
            case "v": return .velocity
            case "eps": return .epsilon
            default: return nil
            }
        }
        return nil
    }
}
