import DaguerreJobs
import Testing

@Suite struct FairShareTests {
    private static let start = Timestamp(milliseconds: 1_800_000_000_000)

    private struct NobodyWaits: Error {}

    /// A line of jobs that are never the same.
    private struct Line {
        var share = FairShare()
        var generator: SplitMix
        private var number: Int64 = 0

        init(seed: UInt64) { generator = SplitMix(state: seed) }

        @discardableResult
        mutating func add(
            _ owner: String, _ priority: JobPriority = .normal, seconds: Double = 1, model: String? = nil,
            after: Double = 0
        ) -> FairShare.Entry {
            number += 1
            var submission = JobSubmission(JobRequest("a lake"), owner: Owner(owner), estimatedSeconds: seconds)
            submission.priority = priority
            submission.request.model = model
            let now = FairShareTests.start + after
            let entry = FairShare.Entry(JobRecord(submission, id: JobIdentifier(at: now), at: now), number: number)
            share.insert(entry)
            return entry
        }

        mutating func run() throws -> FairShare.Entry {
            guard let entry = share.next() else { throw NobodyWaits() }
            share.take(entry)
            return entry
        }
    }

    /// While all three wait, each priority has its weight's share of the seconds, however long its jobs are.
    @Test(arguments: 1...8) func prioritiesShareByWeight(seed: UInt64) throws {
        var line = Line(seed: seed)
        let lengths: [JobPriority: ClosedRange<Double>] = [.high: 1...3, .normal: 0.1...9, .low: 2...2.5]
        func add(_ priority: JobPriority, _ line: inout Line) {
            let seconds = Double.random(in: lengths[priority] ?? 1...1, using: &line.generator)
            line.add("\(Int.random(in: 0..<5, using: &line.generator))", priority, seconds: seconds)
        }
        for priority in JobPriority.allCases { for _ in 0..<40 { add(priority, &line) } }
        var received: [JobPriority: Double] = [:]
        for _ in 0..<6000 {
            let entry = try line.run()
            received[entry.priority, default: 0] += entry.seconds
            add(entry.priority, &line)
        }
        let all = received.values.reduce(0, +)
        for priority in JobPriority.allCases {
            let expected = Double(priority.weight) / 12
            #expect(abs((received[priority] ?? 0) / all - expected) < 0.02 * expected + 0.002, "\(received)")
        }
    }

    /// Owners of one priority have the same seconds, whether they send many small jobs or few large ones.
    @Test(arguments: 1...8) func ownersShareEvenly(seed: UInt64) throws {
        var line = Line(seed: seed)
        let lengths = ["small": 0.5, "middle": 3, "large": 20]
        for (owner, seconds) in lengths { for _ in 0..<30 { line.add(owner, seconds: seconds) } }
        var received: [Owner: Double] = [:]
        for _ in 0..<6000 {
            let entry = try line.run()
            received[entry.owner, default: 0] += entry.seconds
            line.add(entry.owner.name, seconds: entry.seconds)
        }
        let least = try #require(received.values.min()), most = try #require(received.values.max())
        #expect(received.count == 3 && most - least < 0.01 * most + 40, "\(received)")
    }

    @Test func whoWasAwayHasSavedNothingUp() throws {
        var line = Line(seed: 1)
        for _ in 0..<500 {
            line.add("busy")
            _ = try line.run()
        }
        for _ in 0..<100 {
            line.add("busy")
            line.add("back")
        }
        var received: [String: Int] = [:]
        for _ in 0..<60 { received[try line.run().owner.name, default: 0] += 1 }
        #expect((25...35).contains(received["back"] ?? 0), "\(received)")
        // Nor has a priority that nobody used.
        for _ in 0..<100 { line.add("rare", .low) }
        var low = 0
        for _ in 0..<48 { if try line.run().priority == .low { low += 1 } }
        #expect((8...16).contains(low), "\(low)")
    }

    /// Whatever arrives, a job runs before others have had more than sixteen times what it and those before it take: here some
    /// of low priority among strangers of high priority, each of whom comes for the first time.
    @Test(arguments: 1...8) func nothingStarves(seed: UInt64) throws {
        var line = Line(seed: seed)
        var waiting: [(entry: FairShare.Entry, limit: Double, others: Double)] = []
        var next = 0
        for _ in 0..<3000 {
            for _ in 0..<Int.random(in: 0...2, using: &line.generator) {
                next += 1
                let isLow = Int.random(in: 0..<10, using: &line.generator) == 0
                let entry = line.add(
                    isLow ? "one" : "stranger \(next)", isLow ? .low : .high,
                    seconds: Double.random(in: 0.1...100, using: &line.generator))
                let before = waiting.reduce(0) { $0 + $1.entry.seconds }
                waiting.append((entry, FairShare.secondsPerOldest * (before + entry.seconds), 0))
            }
            guard line.share.count > 0 else { continue }
            let ran = try line.run()
            let place = try #require(waiting.firstIndex { $0.entry == ran })
            let limit = waiting.remove(at: place)
            #expect(limit.others <= limit.limit + 100)
            for younger in waiting.indices where waiting[younger].entry.number < ran.number {
                waiting[younger].others += ran.seconds
            }
        }
    }

    @Test(arguments: 1...8) func theOrderIsThatOfTurns(seed: UInt64) throws {
        var line = Line(seed: seed)
        for _ in 0..<200 {
            line.add(
                "\(Int.random(in: 0..<6, using: &line.generator))",
                try #require(JobPriority.allCases.randomElement(using: &line.generator)),
                seconds: Double.random(in: 0...10, using: &line.generator))
        }
        let order = line.share.order
        #expect(order.count == 200 && line.share.count == 200)
        #expect(Set(order.map(\.number)).count == 200)
        for entry in order {
            let ran = try line.run()
            #expect(ran == entry)
        }
        #expect(line.share.next() == nil && line.share.count == 0)
    }

    /// An owner's jobs of one priority run as they were accepted, also one that comes back.
    @Test func anOwnersJobsRunInOrder() throws {
        var line = Line(seed: 1)
        let entries = (0..<10).map { _ in line.add("a") }
        let first = try [line.run(), line.run()]
        #expect(first == [entries[0], entries[1]])
        line.share.insert(entries[1])
        line.share.insert(entries[0])
        line.share.remove(entries[4])
        line.share.remove(entries[4])
        #expect(line.share.count == 9 && line.share.count(.normal) == 9 && line.share.count(.high) == 0)
        let rest = try (0..<9).map { _ in try line.run().number }
        #expect(rest == [1, 2, 3, 4, 6, 7, 8, 9, 10])
    }

    @Test func aModelAtHandIsPreferredWithinAnOwnersLine() {
        var line = Line(seed: 1)
        let cold = line.add("a", model: "cold")
        let other = line.add("b", seconds: 1, model: "warm")
        let warm = line.add("a", model: "warm", after: 60)
        line.add("a", model: "hot", after: 61)
        #expect(line.share.next(preferring: []) == cold)
        #expect(line.share.next(preferring: ["warm"]) == warm)
        // Too much younger.
        #expect(line.share.next(preferring: ["hot"]) == cold)
        line.share.take(warm)
        #expect(line.share.next(preferring: ["warm"]) == other)
    }

    @Test func estimatesThatAreNoNumbersHarmNobody() throws {
        var line = Line(seed: 1)
        for seconds in [Double.nan, .infinity, -.infinity, -5, 0, 1e308] {
            for owner in ["a", "b"] { line.add(owner, seconds: seconds) }
        }
        for _ in 0..<12 { _ = try line.run() }
        let last = line.add("a")
        let ran = try line.run()
        #expect(ran == last && line.share.count == 0)
    }
}

/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", `nextSeed` and `mix64`.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
