import DaguerreAdapters
import DaguerreCPU
import DaguerreCheckpoints
import DaguerreModels
import DaguerreReference
import DaguerreTensors
import TestSupport
import Testing

/// Tiny models, adapter files for them in the real key layouts, and what diffusers and peft compute with both.
///
/// Fixtures: scripts/fixtures/adapters.py, diffusers 0.42.1, transformers 5.23.0 and peft 0.21.2 in float32.
struct AdapterFixture {
    let backend: any Backend
    let target: AdapterTarget
    let expected: Fixture
    private let isXL: Bool
    let unet: UNet
    private let textEncoder, textEncoder2: CLIPTextEncoder

    /// Builds the bases on `backend`.
    init(isXL: Bool = false, on backend: any Backend) throws {
        self.backend = backend
        self.isXL = isXL
        expected = try Fixture("adapters/expected")
        let denoiser = try DiskModelFolder(path: Fixture.path(isXL ? "adapters/unet-xl" : "adapters/unet"))
        let configuration = try denoiser.decode(UNetConfiguration.self, file: "config.json")
        unet = try buildModel(of: denoiser, on: backend) { try UNet(configuration, from: $0) }
        let first = try DiskModelFolder(path: Fixture.path("models/clip-a"))
        let second = try DiskModelFolder(path: Fixture.path("models/clip-b"))
        textEncoder = try Self.textEncoder(first, hasProjection: false, on: backend)
        textEncoder2 = try Self.textEncoder(second, hasProjection: true, on: backend)
        target = AdapterTarget(
            unet: try denoiser.weights(of: ""), textEncoder: try first.weights(of: "", base: "model"),
            textEncoder2: isXL ? try second.weights(of: "", base: "model") : nil)
    }

    private static func textEncoder(
        _ folder: DiskModelFolder, hasProjection: Bool, on backend: any Backend
    ) throws -> CLIPTextEncoder {
        let configuration = try folder.decode(CLIPTextConfiguration.self, file: "config.json")
        return try buildModel(of: folder, base: "model", on: backend) {
            try CLIPTextEncoder(configuration, hasProjection: hasProjection, from: $0)
        }
    }

    /// The path of the adapter file called `name`.
    static func path(_ name: String) -> String { Fixture.path("adapters/\(name).safetensors") }

    /// Reads the adapter file called `name`; every fixture matches its base wholly.
    func bound(_ name: String) throws -> BoundAdapter {
        try Adapter(path: Self.path(name)).bind(to: target, strict: true)
    }

    /// What the denoiser makes of the fixtures' inputs on `backend`, `[N, H, W, 4]`.
    func denoised(on backend: some Backend) throws -> HostTensor {
        let name = isXL ? "unet-xl" : "unet"
        let context = try backend.upload(expected["\(name).context"], as: backend.activationType)
        let time = try unet.timeStates(expected["timestep"].floats.map(Double.init), on: backend)
        let latents = try backend.upload(nhwc(expected["latents"]), as: .float32)
        return try backend.download(
            unet(latents, time: time, text: unet.textStates(context, on: backend), on: backend))
    }

    /// The last states that a text encoder makes of the fixtures' tokens.
    func encoded(_ component: AdapterComponent, on backend: some Backend) throws -> HostTensor {
        let tokens = try expected["\(component.rawValue).tokens"]
        let values = tokens.floats.map { Int($0) }
        let rows = (0..<tokens.shape[0]).map { Array(values[$0 * tokens.shape[1]..<($0 + 1) * tokens.shape[1]]) }
        let encoder = component == .textEncoder ? textEncoder : textEncoder2
        return try backend.download(encoder(rows, on: backend).lastHiddenState)
    }

    /// A component's output with `adapters`, in the reference's layout.
    func output(
        _ component: AdapterComponent, with adapters: [(BoundAdapter, AdapterWeights)], policy: AdaptationPolicy
    ) throws -> HostTensor {
        let adapted = AdaptedBackend(
            backend, try LayerAdaptations(adapters.map { (adapter: $0, weights: $1) }, of: component),
            prepared: PreparedAdapters(target), policy: policy)
        guard component == .unet else { return try encoded(component, on: adapted) }
        return nchw(try denoised(on: adapted))
    }
}

/// How an adapter is applied, and on what.
struct Way: Sendable, CustomTestStringConvertible {
    enum Place: String, Sendable {
        case reference, cpuFloat32, cpuOwnKernels, cpuBFloat16
    }

    let place: Place
    let policy: AdaptationPolicy

    static let all = [
        Way(place: .reference, policy: .sidePath), Way(place: .reference, policy: .merged),
        Way(place: .cpuFloat32, policy: .sidePath), Way(place: .cpuFloat32, policy: .merged),
        Way(place: .cpuFloat32, policy: .automatic(evaluations: 2)), Way(place: .cpuOwnKernels, policy: .sidePath),
        Way(place: .cpuBFloat16, policy: .sidePath), Way(place: .cpuBFloat16, policy: .merged),
    ]

    var testDescription: String { "\(place.rawValue), \(policy)" }

    func backend() throws -> any Backend {
        switch place {
        case .reference: ReferenceBackend()
        case .cpuFloat32: try CPUBackend(precision: .float32, threads: 2)
        case .cpuOwnKernels: try CPUBackend(precision: .float32, threads: 2, useVendorLibrary: false)
        case .cpuBFloat16: try CPUBackend(precision: .bfloat16, threads: 2)
        }
    }
}
