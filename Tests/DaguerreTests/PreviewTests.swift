import Daguerre
import Synchronization
import Testing

/// Small pictures of what a run expects, and how far it is.
@Suite struct PreviewTests {
    private let options = EngineOptions(precision: .float32, threads: 1)

    private func request(_ prompt: String, seed: UInt64) -> GenerationRequest {
        var request = GenerationRequest(prompt, seed: seed)
        (request.sampler, request.steps) = ("euler", 12)
        return request
    }

    /// Draws `request`, with the previews of all steps if they are `seen`.
    private func draw(
        _ request: GenerationRequest, _ model: Model, seen: Bool = true
    ) async throws -> (result: GenerationResult, previews: [Image], steps: [Progress.Step]) {
        let collected = Mutex<(previews: [Image], steps: [Progress.Step], failures: Int)>(([], [], 0))
        let result = try await model.generate(request) { progress in
            guard case .step(let step, let preview) = progress else { return }
            collected.withLock { collected in
                collected.steps.append(step)
                guard seen else { return }
                do { collected.previews.append(try preview()) } catch { collected.failures += 1 }
            }
        }
        return collected.withLock { collected in
            #expect(collected.failures == 0)
            return (result, collected.previews, collected.steps)
        }
    }

    /// The mean of every `scale` × `scale` pixels.
    private func averaged(_ image: Image, by scale: Int) -> [Double] {
        (0..<image.height / scale).flatMap { row in
            (0..<image.width / scale).flatMap { column in
                (0..<3).map { colour in
                    let samples = (0..<scale * scale).map { place in
                        Double(
                            image[column * scale + place % scale, row * scale + place / scale].dropFirst(colour).first
                                ?? 0)
                    }
                    return samples.reduce(0, +) / Double(scale * scale)
                }
            }
        }
    }

    private func correlation(_ a: [Double], _ b: [Double]) -> Double {
        let (meanA, meanB) = (a.reduce(0, +) / Double(a.count), b.reduce(0, +) / Double(b.count))
        let (x, y) = (a.map { $0 - meanA }, b.map { $0 - meanB })
        func product(_ p: [Double], _ q: [Double]) -> Double { zip(p, q).reduce(0) { $0 + $1.0 * $1.1 } }
        return product(x, y) / (product(x, x) * product(y, y)).squareRoot()
    }

    /// Of any linear function, one fitted to such pictures themselves reaches correlations of 0.89 to 0.95 and errors of 25
    /// to 34.
    @Test(arguments: [("a red apple", 1), ("a dog on a blue background", 2), ("a purple cat", 3), ("a star", 4)])
    func theLastPreviewLooksLikeThePicture(prompt: String, seed: UInt64) async throws {
        let model = try await Model.builtin(options: options)
        let drawn = try await draw(request(prompt, seed: seed), model)
        let last = try #require(drawn.previews.last)
        let picture = drawn.result.images[0]
        #expect((last.width, last.height) == (picture.width / 8, picture.height / 8))
        let (small, expected) = (averaged(last, by: 1), averaged(picture, by: 8))
        let error = zip(small, expected).map { ($0 - $1) * ($0 - $1) }.reduce(0, +) / Double(small.count)
        let likeness = correlation(small, expected)
        #expect(likeness > 0.85 && error.squareRoot() < 50, "correlation \(likeness), error \(error.squareRoot())")
        #expect(Set(drawn.previews).count == drawn.previews.count)
    }

    @Test func previewsAreTheSameEachTimeAndChangeNothing() async throws {
        let model = try await Model.builtin(options: options)
        let first = try await draw(request("a castle", seed: 5), model)
        let second = try await draw(request("a castle", seed: 5), model)
        let unseen = try await draw(request("a castle", seed: 5), Model.builtin(options: options), seen: false)
        #expect(first.previews == second.previews && first.previews.count == 12)
        #expect(first.result.images == unseen.result.images && first.result.images == second.result.images)
        #expect(first.result.latents.floats == unseen.result.latents.floats)
        #expect(unseen.previews.isEmpty)
    }

    @Test func theShareThatIsDoneGrowsOverAllPassesAndImages() async throws {
        let model = try await Model.builtin(options: options)
        var request = request("a star", seed: 6)
        (request.width, request.height, request.steps, request.count) = (64, 64, 4, 2)
        var hires = HiresRequest(.scale(2))
        (hires.steps, hires.strength) = (6, 0.5)
        request.hires = hires
        let drawn = try await draw(request, model)
        #expect(drawn.steps.map(\.done) == Array(1...14))
        #expect(Set(drawn.steps.map(\.total)) == [14])
        #expect(drawn.steps.map(\.image) == Array(repeating: 0, count: 7) + Array(repeating: 1, count: 7))
        // A step of the second pass takes four times as long; decoding counts as one of these.
        let costs = [1.0, 1, 1, 1, 4, 4, 4]
        let whole = 2 * (costs.reduce(0, +) + 4)
        let expected = (0..<14).map {
            ((costs.reduce(0, +) + 4) * Double($0 / 7) + costs[0...$0 % 7].reduce(0, +)) / whole
        }
        for (found, expected) in zip(drawn.steps.map(\.share), expected) { #expect(abs(found - expected) < 1e-12) }
        #expect(Set(drawn.previews.map(\.width)) == [8, 16])
    }
}
