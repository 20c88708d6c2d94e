public import DaguerreJobs
public import DaguerreRegistry

/// A registry of a few names.
public struct FixedRegistry: ModelRegistry {
    private let all: [RegistryEntry]

    /// The model `builtin` and one of each other kind.
    public init() {
        all = [
            RegistryEntry(
                name: "builtin", kind: .checkpoint, file: "builtin", path: nil, byteCount: 1000,
                family: "Stable Diffusion 1"),
            RegistryEntry(
                name: "other model", kind: .checkpoint, file: "other model.safetensors", path: "/models/other",
                byteCount: 2000, digest: String(repeating: "ab", count: 32)),
            RegistryEntry(name: "ink", kind: .lora, file: "ink.safetensors", path: "/models/ink", byteCount: 10),
            RegistryEntry(
                name: "edges", kind: .control, file: "edges.safetensors", path: "/models/edges", byteCount: 10),
            RegistryEntry(name: "soft", kind: .vae, file: "soft.safetensors", path: "/models/soft", byteCount: 10),
        ]
    }

    /// Those of `kind`.
    public func entries(_ kind: ModelKind) async -> [RegistryEntry] { all.filter { $0.kind == kind } }

    /// The one called `name`, in any case.
    public func entry(_ name: String, _ kind: ModelKind) async -> RegistryEntry? {
        all.first { $0.kind == kind && $0.name.lowercased() == name.lowercased() }
    }

    /// `builtin`.
    public var defaultModel: String { "builtin" }

    /// There is nothing to look at.
    public func refresh() async throws {}
}

extension EngineVocabulary {
    /// Two samplers, two schedules and `<lora:name:weight>`.
    public static let fixed = EngineVocabulary(
        samplers: [Name("Euler", aliases: ["euler"]), Name("DPM++ 2M", aliases: ["dpmpp_2m"])],
        schedules: [Name("Karras", aliases: ["karras"]), Name("Automatic", aliases: [])],
        latentUpscalers: ["Latent"], pixelUpscalers: ["Lanczos"],
        sampler: { text throws(RequestError) in
            switch text.lowercased() {
            case "euler": return ("Euler", nil)
            case "dpm++ 2m", "dpmpp_2m": return ("DPM++ 2M", nil)
            case "dpm++ 2m karras": return ("DPM++ 2M", "Karras")
            default: throw RequestError("sampler", found: "what is there", expected: "Euler or DPM++ 2M")
            }
        },
        schedule: { text throws(RequestError) in
            guard ["karras", "automatic"].contains(text.lowercased()) else {
                throw RequestError("schedule", found: "what is there", expected: "Karras or Automatic")
            }
            return text.lowercased() == "karras" ? "Karras" : "Automatic"
        },
        networks: { prompt throws(RequestError) in
            prompt.split(separator: "<lora:").dropFirst().map { String($0.prefix { $0 != ":" && $0 != ">" }) }
        })
}
