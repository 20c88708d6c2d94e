import Daguerre

/// Draws "a red apple" with the built-in model into `apple.png`.
@main
struct GenerateApple {
    static func main() async throws {
        let model = try await Model.builtin()
        let result = try await model.generate(GenerationRequest("a red apple", seed: 1))
        try result.images[0].write(to: "apple.png")
        print("apple.png: seed \(result.request.seed), \(result.request.width)×\(result.request.height)")
    }
}
