import DaguerreWorker
import Testing

/// One after another, whatever becomes of the others.
@Suite struct TurnsTests {
    private struct Mishap: Error {}

    private actor Place {
        let turns = Turns()
        private var inside = 0
        private(set) var most = 0, done = 0

        func visit(fails: Bool = false) async throws {
            try await turns {
                inside += 1
                defer { inside -= 1 }
                most = max(most, inside)
                // An actor lets others in here.
                for _ in 0..<5 { await Task.yield() }
                if fails { throw Mishap() }
                done += 1
            }
        }
    }

    @Test func noTwoAreInsideAndAFailureIsNobodyElses() async throws {
        let place = Place()
        let failures = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<40 {
                group.addTask {
                    do {
                        try await place.visit(fails: index % 4 == 0)
                        return false
                    } catch {
                        return error is Mishap
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(failures == 10)
        #expect(await place.most == 1)
        #expect(await place.done == 30)
    }

    @Test(.timeLimit(.minutes(1))) func whoeverIsCancelledLeavesAloneAndAtOnce() async throws {
        let turns = Turns()
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let (begun, beginner) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask {
                try await turns {
                    beginner.finish()
                    for await _ in gate {}
                    return 1
                }
            }
            for await _ in begun {}
            let leaver = Task<Void, any Error> {
                try await turns { _ = Issue.record("the turn was another's") }
            }
            leaver.cancel()
            await #expect(throws: CancellationError.self) { try await leaver.value }
            group.addTask { try await turns { 2 } }
            opener.finish()
            var ended: [Int] = []
            for try await number in group { ended.append(number) }
            #expect(ended.sorted() == [1, 2])
        }
    }

    @Test(.timeLimit(.minutes(1))) func aTurnThatIsCancelledIsTheNextOnes() async throws {
        let turns = Turns()
        let (begun, beginner) = AsyncStream.makeStream(of: Void.self)
        let holder = Task<Void, any Error> {
            try await turns {
                beginner.finish()
                try await Task.sleep(for: .seconds(3600))
            }
        }
        for await _ in begun {}
        async let next = turns { 2 }
        holder.cancel()
        #expect(try await next == 2)
        await #expect(throws: CancellationError.self) { try await holder.value }
    }
}
