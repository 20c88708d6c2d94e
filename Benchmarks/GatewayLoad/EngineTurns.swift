import Daguerre
import DaguerreImaging
import Glibc

/// The engine alone, in turns with a server: scripts/overhead.
///
/// For every line that comes, a seed, it draws a picture of the built-in model to a PNG file in memory, and prints the seconds.
enum EngineTurns {
    static func run(width: Int) async throws {
        let model = try await Model.builtin()
        while let line = readLine(), let seed = UInt64(line) {
            var request = GenerationRequest("a red apple", seed: seed)
            request.width = width
            request.height = width
            let duration = try await ContinuousClock().measure {
                let result = try await model.generate(request)
                for image in result.images {
                    _ = try ImageFile.encode(
                        image, as: .png, infotext: "a red apple", provenance: .trainedAlgorithmicMedia)
                }
            }
            print(duration / .seconds(1))
            fflush(nil)
        }
    }
}
