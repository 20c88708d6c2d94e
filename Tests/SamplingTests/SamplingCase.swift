import DaguerreReference
import DaguerreSampling
import DaguerreTensors
import FoundationEssentials
import TestSupport

/// One configuration of `Tests/Fixtures/sampling`, and what the reference made of it in several numbers of steps.
struct SamplingCase: CustomStringConvertible {
    let configuration: SamplerConfiguration
    let shape: Shape
    let runs: [Run]
    let description: String

    /// What the reference did in one number of steps; k-diffusion knows the latents only.
    struct Run: Decodable {
        let steps: Int
        let timesteps, inputScales: Data?
        let initialNoiseScale: Double?
        let latents: Data
        /// Of runs that enter or leave part-way: which part, and the latents it began with.
        let strength, start, end: Double?
        let begin: Data?

        var part: SamplingPart {
            let entry: SamplingPart.Start = strength.map { .strength($0) } ?? start.map { .fraction($0) } ?? .noise
            return SamplingPart(start: entry, end: end ?? 1)
        }
    }

    /// All cases of `Tests/Fixtures/sampling/<name>.json`.
    static func all(_ name: String) throws -> [SamplingCase] {
        let data = try Data(contentsOf: URL(filePath: Fixture.path("sampling/\(name).json")))
        return try JSONDecoder().decode([Entry].self, from: data).map { entry in
            let json = try JSONEncoder().encode(entry.configuration)
            var configuration = try SamplerConfiguration(json: Array(json), file: name)
            if [.ddim, .tcd].contains(configuration.kind) { configuration.fresh.eta = entry.eta }
            return SamplingCase(
                configuration: configuration, shape: Shape(entry.shape), runs: entry.runs,
                description: String(decoding: json, as: UTF8.self))
        }
    }

    /// The latents that `plan` begins with: noise, an image with noise, or what another run is taken to have left.
    func begin(_ plan: SamplingRun, _ part: SamplingPart = .whole) throws -> HostTensor {
        let backend = ReferenceBackend()
        let nhwc: Shape = [shape[0], shape[2], shape[3], shape[1]]
        var draws = NoiseStream(.torch, seed: 1)
        var image = NoiseStream(.torch, seed: 4)
        let noise = try backend.upload(draws.next(nhwc), as: .float32)
        switch part.start {
        case .noise: return try backend.download(backend.weightedSum([(plan.initialNoiseScale, noise)]))
        case .fraction: return try backend.download(noise)
        case .strength, .webUIStrength:
            return try backend.download(
                plan.noised(backend.upload(image.next(nhwc), as: .float32), with: noise, on: backend))
        }
    }

    /// The latents that we make, and whether evaluations are planned as the reference plans them is in `plan`.
    func latents(_ plan: SamplingRun, _ part: SamplingPart = .whole) throws -> HostTensor {
        let backend = ReferenceBackend()
        let nhwc: Shape = [shape[0], shape[2], shape[3], shape[1]]
        var recorded = NoiseStream(.torch, seed: 2)
        var noise = DrawnNoise(seed: 3)
        var run = plan
        var x = try backend.upload(begin(plan, part), as: .float32)
        for (index, evaluation) in run.evaluations.enumerated() {
            let record = try backend.upload(recorded.next(nhwc), as: .float32)
            let output = try backend.weightedSum([(0.3 * evaluation.inputScale, x), (0.7, record)])
            x = try run.advance(x, output: output, at: index, noise: &noise, on: backend)
        }
        return try backend.download(x)
    }

    /// The reference's latents, `[N, H, W, C]`.
    func expected(_ run: Run) -> HostTensor { tensor(run.latents) }

    /// `[N, C, H, W]` of the fixture as `[N, H, W, C]`.
    func tensor(_ data: Data) -> HostTensor { nhwc(HostTensor(floats(data), shape: shape)) }

    private struct Entry: Decodable {
        let configuration: [String: Field]
        let eta: Double
        let shape: [Int]
        let runs: [Run]
    }
}

/// One stream of torch's numbers for everything that a sampler draws, as the fixtures have it.
struct DrawnNoise: NoiseSource {
    private var stream: NoiseStream

    init(seed: UInt64) { stream = NoiseStream(.torch, seed: seed) }

    mutating func next(_ shape: Shape) -> HostTensor { stream.next(shape) }

    mutating func brownian(
        _ shape: Shape, from sigma: Double, to next: Double, in range: BrownianRange
    ) -> HostTensor { stream.next(shape) }
}

/// The float32 numbers that `data` holds.
func floats(_ data: Data) -> [Float] {
    let bytes = Array(data)
    return stride(from: 0, to: bytes.count - 3, by: 4).map { i in
        Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[i + $1]) << (8 * $1) })
    }
}

/// A value of a configuration, read and written back.
enum Field: Codable {
    case flag(Bool), number(Double), text(String), list([Double])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .list(try container.decode([Double].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .flag(let flag): try container.encode(flag)
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        case .list(let list): try container.encode(list)
        }
    }
}
