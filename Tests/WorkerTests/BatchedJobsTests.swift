import Daguerre
import DaguerreJobs
import DaguerreWorker
import Synchronization
import TestSupport
import Testing

/// Jobs that are drawn at once are, to whoever asked for them, what they are alone.
@Suite struct BatchedJobsTests {
    /// What became of jobs that were run together, in the order of their ends.
    private func run(
        _ leases: [JobLease], on runner: EngineRunner,
        isCancelled: @escaping @Sendable (JobIdentifier, Int) -> Bool = { _, _ in false }
    ) async -> (order: [JobIdentifier], outcomes: [JobIdentifier: JobOutcome], steps: [JobIdentifier: Int]) {
        let ends = Mutex<[(JobIdentifier, JobOutcome)]>([])
        let steps = Mutex<[JobIdentifier: Int]>([:])
        await runner.run(
            leases, isCancelled: { id in isCancelled(id, steps.withLock { $0[id] ?? 0 }) },
            report: { id, progress in steps.withLock { $0[id] = max($0[id] ?? 0, progress.step) } },
            finish: { id, outcome in ends.withLock { $0.append((id, outcome)) } })
        let all = ends.withLock { $0 }
        return (all.map(\.0), Dictionary(all) { first, _ in first }, steps.withLock { $0 })
    }

    private func lease(_ request: JobRequest, _ number: Int64, owner: Owner = .local) -> JobLease {
        let now = Timestamp(milliseconds: 1_000_000 + number)
        return JobLease(
            JobRecord(JobSubmission(request, owner: owner), id: JobIdentifier(at: now), at: now), attempt: 1)
    }

    private func digests(_ outcome: JobOutcome?) -> [BlobDigest] {
        guard case .succeeded(let images, _, _) = outcome else { return [] }
        return images.map(\.digest)
    }

    @Test func threeJobsOfTwoOwnersOneOfWhichIsCancelled() async throws {
        let bench = try Bench { $0.batchLimit = 4 }
        let runner = try await bench.runner()
        // Many quick steps, so that a job is cancelled in their midst.
        var requests = [Bench.request(steps: 40), Bench.request("a blue car", seed: 3, steps: 40)]
        requests.append(Bench.request("a green cat", seed: 9, steps: 40))
        requests[2].count = 2
        for (number, scale) in [2.0, 2.5, 3].enumerated() { requests[number].guidanceScale = scale }
        requests[2].negativePrompt = "red"
        let leases = [
            lease(requests[0], 0), lease(requests[1], 1, owner: Owner("other")),
            lease(requests[2], 2, owner: Owner("other")),
        ]
        let ids = leases.map(\.job.id)
        let together = await run(leases, on: runner) { id, step in id == ids[1] && step >= 3 }
        #expect(together.order.first == ids[1] && together.outcomes[ids[1]] == .cancelled)
        #expect((together.steps[ids[1]] ?? 40) < 40)
        var alone: [JobUsage] = []
        for number in [0, 2] {
            let outcome = try await bench.run(requests[number], on: runner)
            #expect(digests(outcome).count == requests[number].count)
            // File for file: what they say of how they were drawn, too.
            #expect(digests(together.outcomes[ids[number]]) == digests(outcome))
            if let usage = outcome?.usage { alone.append(usage) }
        }
        let usages = [0, 2].compactMap { together.outcomes[ids[$0]]?.usage }
        #expect(usages.map(\.steps) == alone.map(\.steps) && usages.map(\.steps) == [40, 80])
        // Time is divided by images: twice as much for twice as many, but for what the cancelled one left over.
        let denoising = usages.map { $0.stages.first { $0.name == "denoise" }?.seconds ?? 0 }
        #expect(denoising[1] > 1.9 * denoising[0] && denoising[1] < 2.1 * denoising[0])
    }

    @Test func whatOneJobLacksIsItsOwnAffair() async throws {
        let bench = try Bench { $0.batchLimit = 4 }
        let runner = try await bench.runner()
        var wrong = Bench.request("a blue car")
        wrong.emphasis = "loud"
        let leases = [lease(wrong, 0), lease(Bench.request(), 1), lease(Bench.request("a cat", seed: 4), 2)]
        let ids = leases.map(\.job.id)
        let together = await run(leases, on: runner)
        guard case .failed(let failure) = together.outcomes[ids[0]] else {
            Issue.record("\(together.outcomes)")
            return
        }
        #expect(failure.code == .invalidRequest && failure.message.contains("emphasis"))
        for (id, request) in [(ids[1], leases[1].job.request), (ids[2], leases[2].job.request)] {
            #expect(digests(together.outcomes[id]) == digests(try await bench.run(request, on: runner)))
        }
    }

    @Test func aLoraIsOfABatchWhereAllHaveIt() async throws {
        let bench = try Bench { $0.batchLimit = 4 }
        try bench.copy("pipelines/tiny", to: "checkpoints/tiny")
        let name = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_q"
        let values = (0..<32).map { Float($0 % 7) / 4 - 0.7 }
        try bench.write(
            [
                (name + ".lora_down.weight", HostTensor(values, shape: [2, 16])),
                (name + ".lora_up.weight", HostTensor(values, shape: [16, 2])),
                (name + ".alpha", HostTensor([2], shape: [])),
            ], to: "Lora/ink.safetensors")
        let runner = try await bench.runner()
        let requests = ["a car <lora:ink:2>", "a cat <lora:ink:2>"].map { prompt in
            var request = Bench.request(prompt)
            request.model = "tiny"
            return request
        }
        let leases = [lease(requests[0], 0), lease(requests[1], 1)]
        let together = await run(leases, on: runner)
        for lease in leases {
            let alone = digests(try await bench.run(lease.job.request, on: runner))
            #expect(alone.count == 1 && digests(together.outcomes[lease.job.id]) == alone)
        }
    }

    /// A budget that has room for one image, but not for four at once, refuses none of them.
    @Test func whereTheBudgetIsShortFewerAreDrawnAtOnce() async throws {
        let options = EngineOptions(precision: .float32, threads: 1)
        let model = try await Model.builtin(options: options)
        var generation = GenerationRequest("a red apple", seed: 7)
        (generation.steps, generation.width, generation.height) = (3, 128, 128)
        let one = try await model.forecast(generation).peakBytes
        generation.count = 4
        let four = try await model.forecast(batch: [generation], atOnce: 4).peakBytes
        #expect(four > one)
        let bench = try Bench {
            $0.batchLimit = 4
            $0.memoryBudget = (one + four) / 2
        }
        let runner = try await bench.runner()
        let leases = (0..<4).map { number in
            var request = Bench.request(seed: UInt64(number))
            (request.width, request.height) = (128, 128)
            return lease(request, Int64(number))
        }
        let together = await run(leases, on: runner)
        #expect(leases.allSatisfy { digests(together.outcomes[$0.job.id]).count == 1 })
        let peaks = together.outcomes.values.compactMap { $0.usage?.peakBytes }
        #expect(peaks.count == 4 && peaks.allSatisfy { $0 < four })
    }

    @Test func asManyAreTakenAsAreWorthItOnceTheModelIsAtHand() async throws {
        let bench = try Bench()
        let runner = try await bench.runner()
        let small = Bench.request()
        #expect(await runner.batchLimit(for: small) == 1)
        try await runner.warm()
        #expect(await runner.batchLimit(for: small) == 4)
        var large = small
        (large.width, large.height) = (512, 512)
        #expect(await runner.batchLimit(for: large) == 1)
        var adaptive = small
        adaptive.sampler = "DPM adaptive"
        #expect(await runner.batchLimit(for: adaptive) == 1)
        var twice = small
        twice.hires = .init()
        #expect(await runner.batchLimit(for: twice) == 1)
        let fixed = try Bench { $0.batchLimit = 2 }
        let other = try await fixed.runner()
        try await other.warm()
        #expect(await other.batchLimit(for: small) == 2)
        #expect(await other.batchLimit(for: large) == 2)
        #expect(await other.batchLimit(for: twice) == 1)
    }

    /// The queue's word and the engine's: jobs that are taken together can be drawn together.
    @Test func theKeysOfJobsAndOfTheEngineAgree() async throws {
        let model = try await Model.builtin(options: EngineOptions(precision: .float32, threads: 1))
        var base = JobRequest("a red apple")
        (base.seed, base.steps, base.width, base.height, base.guidanceScale) = (7, 3, 64, 64, 4)
        (base.sampler, base.schedule) = ("Euler a", "Karras")
        let changes: [@Sendable (inout JobRequest) -> Void] = [
            { $0.prompt = "a blue car" }, { $0.negativePrompt = "fog" }, { $0.seed = 8 }, { $0.count = 3 },
            { $0.guidanceScale = 9 }, { $0.guidanceRescale = 0.5 }, { $0.random = "torch" }, { $0.clipSkip = 2 },
            { $0.emphasis = "ignore" }, { $0.variation = .init(seed: 3, strength: 0.2) },
            { $0.seedSize = .init(width: 128, height: 128) }, { $0.previews = true }, { $0.output.format = .webp },
            { $0.conditions = .init() },
            { $0.guidanceScale = 1 }, { $0.steps = 4 }, { $0.width = 72 }, { $0.height = 72 }, { $0.sampler = "Heun" },
            { $0.schedule = "Exponential" }, { $0.tiling = "both" }, { $0.hires = .init() },
            {
                $0.noise = .init(); $0.noise?.eta = 0.5
            },
        ]
        let key = try #require(base.batchKey)
        let engine = try #require(try model.resolve(GenerationRequest(plain: base)).batchKey)
        for (number, change) in changes.enumerated() {
            var other = base
            change(&other)
            let isJoining = try model.resolve(GenerationRequest(plain: other)).batchKey == engine
            #expect((other.batchKey == key) == isJoining, "change \(number)")
            #expect(isJoining == (number < 14), "change \(number)")
        }
    }
}
