public import DaguerrePipelines

/// The ways to enlarge a picture between two passes, by the web UI's names.
public enum HiresUpscaler: String, Hashable, Sendable, CaseIterable {
    case latent
    case latentAntialiased = "latent-antialiased"
    case latentBicubic = "latent-bicubic"
    case latentBicubicAntialiased = "latent-bicubic-antialiased"
    case latentNearest = "latent-nearest"
    case lanczos, nearest

    /// How a pass enlarges.
    public var enlargement: HiresPass.Enlargement {
        switch self {
        case .latent: .latents(LatentFilter(.bilinear))
        case .latentAntialiased: .latents(LatentFilter(.bilinear, isSmoothed: true))
        case .latentBicubic: .latents(LatentFilter(.bicubic))
        case .latentBicubicAntialiased: .latents(LatentFilter(.bicubic, isSmoothed: true))
        case .latentNearest: .latents(LatentFilter(.nearest))
        case .lanczos: .pixels(.lanczos)
        case .nearest: .pixels(.nearest)
        }
    }

    /// The web UI's name, as it writes it into pictures: `Latent (bicubic antialiased)`.
    public var infotextName: String {
        switch self {
        case .latent: "Latent"
        case .latentAntialiased: "Latent (antialiased)"
        case .latentBicubic: "Latent (bicubic)"
        case .latentBicubicAntialiased: "Latent (bicubic antialiased)"
        case .latentNearest: "Latent (nearest-exact)"
        case .lanczos: "Lanczos"
        case .nearest: "Nearest"
        }
    }

    /// Reads ``infotextName``.
    public init?(infotextName: String) {
        guard let known = Self.allCases.first(where: { $0.infotextName == infotextName }) else { return nil }
        self = known
    }

    /// The name of an enlargement, if it has one.
    public init?(_ enlargement: HiresPass.Enlargement) {
        guard let known = Self.allCases.first(where: { $0.enlargement == enlargement }) else { return nil }
        self = known
    }
}
