import DaguerreCPU
import DaguerreCheckpoints
import DaguerreModels
import DaguerreTensors
import Glibc

/// Times a denoiser's guided step over several images at once and over one after another, in turns.
///
///     BatchBenchmark MODEL-FOLDER SIDE-IN-LATENTS ROUNDS float32|bfloat16 THREADS
///
/// Beside the clock's time it prints the processor's: on one thread that hardly depends on what else the machine does.
@main struct BatchBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard arguments.count == 5, let path = arguments.first, let side = Int(arguments[2]), side > 0,
            let rounds = Int(arguments[3]), rounds > 0, let precision = Precision(rawValue: arguments[4]),
            let threads = Int(arguments[5]), threads > 0
        else {
            print("BatchBenchmark: expected a model's folder, latents a side, rounds, float32 or bfloat16, threads")
            exit(2)
        }
        let backend = try CPUBackend(precision: precision, threads: threads)
        let files = try DiskModelFolder(path: path)
        let store = try files.weights(of: "unet")
        let ledger = WeightLedger(store, file: "unet")
        let unet = try UNet(
            files.decode(UNetConfiguration.self, file: "unet/config.json"),
            from: WeightScope(ledger, backend: backend))
        try ledger.verify()
        let steps = try [1, 2, 3, 4].map { try Step(unet, images: $0, side: side, on: backend) }
        var (seconds, processor) = (steps.map { _ in [Double]() }, steps.map { _ in [Double]() })
        for round in 0...rounds {
            for (index, step) in steps.enumerated() {
                let begin = clock()
                let duration = try ContinuousClock().measure { try step.run(on: backend) } / .seconds(1)
                // The first builds and packs.
                guard round > 0 else { continue }
                seconds[index].append(duration / Double(index + 1))
                processor[index].append(Double(clock() - begin) / Double(CLOCKS_PER_SEC) / Double(index + 1))
            }
        }
        for index in steps.indices {
            func line(_ runs: [[Double]]) -> String {
                let ratio = median(runs[0]) / median(runs[index])
                return "\((median(runs[index]) * 1e5).rounded() / 100) ms an image (\((ratio * 100).rounded() / 100) ×)"
            }
            print("\(index + 1) at once: clock \(line(seconds)), processor \(line(processor))")
        }
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
    }
}

/// A step of some images, each with a negative prompt and a prompt.
private struct Step {
    let unet: UNet
    let latents: Tensor
    let text: TextStates
    let time: TimeStates

    init(_ unet: UNet, images: Int, side: Int, on backend: CPUBackend) throws {
        func random(_ shape: Shape) -> HostTensor {
            HostTensor((0..<shape.elementCount).map { Float(($0 &* 7919) % 2003) / 578 - 1.73 }, shape: shape)
        }
        self.unet = unet
        let configuration = unet.configuration
        latents = try backend.upload(random([images, side, side, configuration.inChannels]), as: .float32)
        let width = configuration.crossAttentionWidth.first ?? 1
        text = try unet.textStates(
            backend.upload(random([2 * images, 77, width]), as: backend.activationType), on: backend)
        time = try unet.timeStates([500], on: backend)
    }

    func run(on backend: CPUBackend) throws {
        _ = try backend.download(unet(latents, time: time, text: text, on: backend))
    }
}
