import Daguerre
import DaguerreJobs
import DaguerreRegistry
import DaguerreWorker
import Foundation
import TestSupport
import Testing

/// Which models stay in memory.
@Suite struct ResidentModelsTests {
    private func request(_ model: String) -> JobRequest {
        var request = Bench.request(steps: 1)
        request.model = model
        return request
    }

    private func bench(_ change: (inout EngineSettings) -> Void) throws -> Bench {
        let bench = try Bench(change)
        for name in ["a", "b", "c"] { try bench.copy("pipelines/tiny", to: "checkpoints/\(name)") }
        return bench
    }

    @Test func thoseUsedLastStay() async throws {
        let bench = try bench { $0.residentModels = 2 }
        let runner = try await bench.runner()
        for (model, resident) in [
            ("a", ["a"]), ("b", ["a", "b"]), ("a", ["a", "b"]), ("c", ["a", "c"]), ("builtin", ["builtin", "c"]),
            ("c", ["builtin", "c"]), ("b", ["b", "c"]),
        ] {
            _ = try await bench.images(request(model), on: runner)
            #expect(await runner.residentModels == Set(resident))
        }
    }

    @Test func aModelThatIsLoadedIsNotReadAgain() async throws {
        let bench = try bench { _ in }
        let registry = try await FolderRegistry(folder: bench.models.path, lookInterval: .seconds(3600))
        let runner = try EngineRunner(
            registry: registry, blobs: bench.blobs, settings: bench.settings, logger: Bench.logger)
        try await runner.warm("a")
        #expect(await runner.residentModels == ["a"])
        try FileManager.default.removeItem(atPath: bench.models.path + "/checkpoints")
        #expect(try await bench.images(request("a"), on: runner).count == 1)
        let failure = try await bench.failure(request("b"), on: runner)
        #expect(failure.code == .modelUnavailable)
    }

    @Test func aModelThatManyAskForAtOnceIsLoadedOnce() async throws {
        let bench = try bench { _ in }
        try bench.copy("adapters/kohya-sd1.safetensors", to: "loras/ink.safetensors")
        try bench.copy("pipelines/controls/controlnet", to: "controlnet/lines")
        try bench.write([("x", HostTensor([1], shape: [1]))], to: "checkpoints/broken.safetensors")
        let log = CapturedLog()
        let registry = try await FolderRegistry(folder: bench.models.path)
        let runner = try EngineRunner(
            registry: registry, blobs: bench.blobs, settings: bench.settings, logger: log.logger)
        var controlled = request("a")
        controlled.controls = [.init(model: "lines")]
        controlled.controls[0].image = try await bench.upload(.pattern(64, 64))
        let (plain, withControl) = (request("a"), controlled)
        let failures = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<12 {
                group.addTask {
                    do {
                        switch index % 4 {
                        case 0: try await runner.warm("a")
                        case 1: try await runner.warm("broken")
                        case 2: #expect(try await bench.images(plain, on: runner).count == 1)
                        default: #expect(try await bench.images(withControl, on: runner).count == 1)
                        }
                        return false
                    } catch {
                        return true
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        // Those that cannot be loaded are no hindrance to those that can.
        #expect(failures == 3)
        #expect(log.all("a model is loaded").map { $0["model"] } == ["a"])
        #expect(log.all("an adapter is loaded").map { $0["name"] } == ["lines"])
    }

    @Test func aCancelledLoadIsNotTheOthers() async throws {
        let bench = try bench { _ in }
        let runner = try await bench.runner()
        for _ in 0..<20 {
            await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 { group.addTask { try await runner.warm("b") } }
                group.cancelAll()
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            let leaver = Task { try await runner.warm("c") }
            group.addTask { try await runner.warm("c") }
            leaver.cancel()
            try await group.waitForAll()
        }
        #expect(await runner.residentModels.contains("c"))
    }

    @Test func theSameModelWithAnotherAutoencoderIsAnother() async throws {
        let bench = try bench { $0.residentModels = 1 }
        try bench.copy("pipelines/tiny/vae", to: "vae/other")
        let runner = try await bench.runner()
        let plain = try await bench.images(request("a"), on: runner)
        var other = request("a")
        other.vae = "other"
        #expect(try await bench.images(other, on: runner).map(\.1) == plain.map(\.1))
        #expect(await runner.residentModels == ["a"])
    }

    @Test func whatDoesNotFitIsRefusedWithTheNumbers() async throws {
        let bench = try bench { $0.memoryBudget = 100_000 }
        let failure = try await bench.failure(request("a"))
        #expect(failure.code == .outOfMemory)
        #expect(failure.message.hasPrefix("a needs 0.1 GiB of memory and"), "\(failure.message)")
        #expect(bench.reportCount == 0)
        // The model fits, a large picture does not.
        let tight = try self.bench { $0.memoryBudget = 64 << 20 }
        let runner = try await tight.runner()
        _ = try await tight.images(request("a"), on: runner)
        var large = request("a")
        (large.width, large.height) = (1024, 1024)
        let refused = try await tight.failure(large, on: runner)
        #expect(refused.code == .outOfMemory && refused.message.contains("this request needs"))
    }

    @Test func idleModelsMakeRoomBeforeARequestIsRefused() async throws {
        let options = EngineOptions(precision: .float32, threads: 1)
        let model = try await Model(at: Fixture.path("pipelines/tiny"), options: options)
        let weights = model.memory.weightBytes
        var generation = GenerationRequest("a red apple", seed: 7)
        (generation.steps, generation.width, generation.height) = (1, 64, 64)
        let peak = try await model.forecast(generation).peakBytes
        // Room for the drawing beside one more model, but not two.
        let bench = try bench {
            $0.residentModels = 8
            $0.memoryBudget = peak + weights * 3 / 2
        }
        let builtin = try await Model.builtin(options: options).memory.weightBytes
        let foretold = try await Model.weightBytes(at: nil, options: options)
        #expect(abs(foretold - builtin) <= builtin / 10, "\(foretold) and \(builtin)")
        let runner = try await bench.runner()
        _ = try await bench.images(request("a"), on: runner)
        _ = try await bench.images(request("b"), on: runner)
        #expect(await runner.residentModels == ["a", "b"])
        _ = try await bench.images(request("c"), on: runner)
        #expect(await runner.residentModels == ["b", "c"])
    }
}

@Suite struct RecentUseTests {
    private func use(_ keys: [(String, Int)]) -> RecentUse<String> {
        var use = RecentUse<String>()
        for (key, cost) in keys { use.use(key, cost: cost) }
        return use
    }

    @Test func theOldestGoFirstAndNoMoreThanNeeded() {
        let use = use([("a", 5), ("b", 1), ("c", 3), ("a", 5)])
        #expect(use.order == ["b", "c", "a"])
        #expect(use.total == 9)
        #expect(use.surplus(count: 2, keeping: []) == ["b"])
        #expect(use.surplus(cost: 8, keeping: []) == ["b"])
        #expect(use.surplus(cost: 7, keeping: []) == ["b", "c"])
        #expect(use.surplus(cost: 9, keeping: []).isEmpty)
        #expect(use.surplus(count: 0, keeping: ["c"]) == ["b", "a"])
        #expect(use.oldest(excluding: ["b"]) == "c")
        #expect(use.oldest(excluding: ["a", "b", "c"]) == nil)
    }

    @Test func whatIsRemovedCostsNothing() {
        var use = use([("a", 5), ("b", -1)])
        use.remove("a")
        #expect(use.total == 0 && use.order == ["b"])
        use.use("c", cost: .max)
        use.use("d", cost: .max)
        #expect(use.total == .max)
    }
}

@Suite struct StepClockTests {
    @Test func whatIsLeftFollowsFromTheShareThatIsDone() throws {
        var clock = StepClock()
        #expect(clock.secondsLeft == nil)
        for step in 1...5 {
            clock.advance(to: Double(step) / 10, seconds: 2)
            #expect(abs(try #require(clock.secondsLeft) - Double(10 - step) * 2) < 1e-9)
        }
        // Later steps count more than those before.
        for step in 6...9 { clock.advance(to: Double(step) / 10, seconds: 4) }
        let left = try #require(clock.secondsLeft)
        #expect(left > 3 && left < 4)
        clock.advance(to: 0.9, seconds: 1)
        clock.advance(to: 0.95, seconds: .nan)
        #expect(clock.secondsLeft == left)
    }
}

@Suite struct CostModelTests {
    @Test func secondsAreLearntForEachModelApart() {
        let costs = CostModel()
        var request = JobRequest("x")
        (request.model, request.steps, request.width, request.height) = ("slow", 20, 512, 512)
        let usage = JobUsage(
            stages: [.init("load", seconds: 1000), .init("denoise", seconds: 80), .init("decode", seconds: 8)],
            steps: 20, peakBytes: 0)
        costs.learn(request, usage)
        #expect(abs(costs.seconds(for: request) - 88) < 1e-6)
        var larger = request
        (larger.width, larger.height, larger.count) = (1024, 512, 3)
        #expect(abs(costs.seconds(for: larger) - 88 * 6) < 1e-6)
        var other = request
        other.model = "other"
        #expect(costs.seconds(for: other) != costs.seconds(for: request))
        for _ in 0..<40 {
            costs.learn(request, JobUsage(stages: [.init("denoise", seconds: 10)], steps: 1, peakBytes: 0))
        }
        #expect(abs(costs.seconds(for: request) - 10) < 0.1)
        // Nonsense teaches nothing.
        costs.learn(request, JobUsage(stages: [.init("denoise", seconds: .nan)], steps: 1, peakBytes: 0))
        #expect(abs(costs.seconds(for: request) - 10) < 0.1)
    }

    @Test func aSecondPassAndGuidanceCost() {
        let costs = CostModel()
        let plain = JobRequest("x")
        var hires = plain
        hires.hires = .init()
        var unguided = plain
        unguided.guidanceScale = 1
        var begun = plain
        begun.image = BlobDigest(String(repeating: "0", count: 64)).map(JobRequest.StartImage.init)
        begun.image?.strength = 0.5
        let seconds = costs.seconds(for: plain)
        #expect(costs.seconds(for: hires) > 3 * seconds)
        #expect(costs.seconds(for: unguided) == seconds / 2)
        #expect(costs.seconds(for: begun) < 0.6 * seconds)
    }
}
