import Daguerre
import Glibc
import Synchronization

/// Times whole pictures of one size, drawn so many at once as each of some limits says, in turns.
///
///     BatchBenchmark builtin|MODEL SIDE STEPS IMAGES ROUNDS float32|bfloat16 THREADS LIMIT...
///
/// Each picture is a request of its own, with a prompt of its own, as a server has them. Beside the clock's time it prints the
/// processor's: on one thread that hardly depends on what else the machine does. It fails if a picture is not, bit for bit,
/// the one that is drawn with the first of the limits.
@main struct BatchBenchmark {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let numbers = arguments.dropFirst().enumerated().filter { $0.offset != 4 }.map { Int($0.element) ?? 0 }
        guard arguments.count >= 8, numbers.allSatisfy({ $0 > 0 }), let precision = Precision(rawValue: arguments[5])
        else {
            print(
                "BatchBenchmark: expected builtin or a model, side, steps, images, rounds, float32 or bfloat16, threads, limits"
            )
            exit(2)
        }
        let (side, steps, images, rounds) = (numbers[0], numbers[1], numbers[2], numbers[3])
        let (threads, limits) = (numbers[4], Array(numbers[5...]))
        let options = EngineOptions(precision: precision, threads: threads)
        let model =
            arguments[0] == "builtin"
            ? try await Model.builtin(options: options) : try await Model(at: arguments[0], options: options)
        let prompts = ["a red apple", "a blue car", "a green cat on a white background", "a purple rocket"]
        let requests = (0..<images).map { index in
            var request = GenerationRequest(prompts[index % prompts.count], seed: UInt64(index))
            (request.width, request.height, request.steps, request.guidance) = (side, side, steps, 4)
            return request
        }
        var (seconds, processor) = (limits.map { _ in [Double]() }, limits.map { _ in [Double]() })
        var first: [[Float]] = []
        for round in 0...rounds {
            for (index, limit) in limits.enumerated() {
                let begin = clock()
                var drawn: [[Float]] = []
                let duration = try await ContinuousClock().measure {
                    drawn = try await draw(requests, atOnce: limit, model)
                }
                if first.isEmpty { first = drawn }
                guard drawn == first else {
                    print("BatchBenchmark: the pictures of \(limit) at once are not those of \(limits[0])")
                    exit(1)
                }
                // The first round builds and packs.
                guard round > 0 else { continue }
                seconds[index].append(duration / .seconds(1) / Double(images))
                processor[index].append(Double(clock() - begin) / Double(CLOCKS_PER_SEC) / Double(images))
            }
        }
        for (index, limit) in limits.enumerated() {
            func line(_ runs: [[Double]]) -> String {
                let ratio = median(runs[0]) / median(runs[index])
                return "\((median(runs[index]) * 1e5).rounded() / 100) ms an image (\((ratio * 100).rounded() / 100) ×)"
            }
            print("\(limit) at once: clock \(line(seconds)), processor \(line(processor))")
        }
        let flops = try await model.forecast(requests[0]).flops
        print("\(Double(flops) / 1e9 / Double(steps)) GFLOP an image and step, decoding included; all bits equal")
    }

    /// The latents of `requests`.
    private static func draw(_ requests: [GenerationRequest], atOnce limit: Int, _ model: Model) async throws
        -> [[Float]]
    {
        let results = Mutex<[Int: Result<GenerationResult, any Error>]>([:])
        try await model.generate(batch: requests, atOnce: limit) { number, result in
            results.withLock { $0[number] = result }
        }
        return try requests.indices.compactMap { number in
            try results.withLock { $0[number] }?.get().latents.floats
        }
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
    }
}
