import DaguerreJobs
import Testing

@Suite struct JobLifecycleTests {
    private static func moment(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

    /// A job at the second 50, with a lease of the first attempt until 100 if it runs.
    private static func job(
        _ state: JobState, isCancelRequested: Bool = false, losses: Int = 0, deadline: Int64? = nil
    ) -> JobLifecycle {
        JobLifecycle(
            state: state, attempt: state == .queued ? 0 : 1, losses: losses,
            leaseEnd: state == .running ? moment(100) : nil, isCancelRequested: isCancelRequested,
            deadline: deadline.map(moment))
    }

    private static let terminal = JobState.allCases.filter(\.isTerminal)

    private static let events: [JobLifecycle.Event] =
        [
            .lease(until: moment(200)), .heartbeat(attempt: 0, until: moment(200)),
            .heartbeat(attempt: 1, until: moment(200)), .heartbeat(attempt: 2, until: moment(200)),
            .giveBack(attempt: 0),
            .giveBack(attempt: 1), .cancel, .lose, .tick,
        ] + JobState.allCases.flatMap { [.finish(attempt: 1, state: $0), .finish(attempt: 0, state: $0)] }

    private func expect(
        _ before: JobLifecycle, _ event: JobLifecycle.Event, at second: Int64 = 50, _ effect: JobLifecycle.Effect,
        _ state: JobState, location: SourceLocation = #_sourceLocation
    ) -> JobLifecycle {
        var job = before
        #expect(job.apply(event, at: Self.moment(second)) == effect, sourceLocation: location)
        #expect(job.state == state, sourceLocation: location)
        if effect != .changed { #expect(job == before, sourceLocation: location) }
        if job.state != .running { #expect(job.leaseEnd == nil && !job.isCancelRequested, sourceLocation: location) }
        return job
    }

    @Test func whatWaitsIsTakenCancelledOrExpires() {
        for event in Self.events {
            switch event {
            case .lease: #expect(expect(Self.job(.queued), event, .changed, .running).attempt == 1)
            case .cancel: _ = expect(Self.job(.queued), event, .changed, .cancelled)
            case .lose, .tick: _ = expect(Self.job(.queued), event, .none, .queued)
            default: _ = expect(Self.job(.queued), event, .refused, .queued)
            }
        }
        _ = expect(Self.job(.queued, deadline: 51), .tick, .none, .queued)
        _ = expect(Self.job(.queued, deadline: 50), .tick, .changed, .expired)
        _ = expect(Self.job(.queued, deadline: 50), .lease(until: Self.moment(200)), .refused, .queued)
        _ = expect(Self.job(.queued, deadline: 51), .lease(until: Self.moment(200)), .changed, .running)
        _ = expect(Self.job(.queued, deadline: 50), .cancel, .changed, .cancelled)
    }

    @Test func whatRunsListensToItsHolderOnly() {
        let running = Self.job(.running)
        for event in Self.events {
            switch event {
            case .heartbeat(attempt: 1, _):
                #expect(expect(running, event, .changed, .running).leaseEnd == Self.moment(200))
            case .giveBack(attempt: 1): #expect(expect(running, event, .changed, .queued).losses == 0)
            case .finish(attempt: 1, let outcome) where outcome.isTerminal:
                _ = expect(running, event, .changed, outcome)
            case .cancel: #expect(expect(running, event, .changed, .running).isCancelRequested)
            case .lose: #expect(expect(running, event, .changed, .queued).losses == 1)
            case .tick: _ = expect(running, event, .none, .running)
            default: _ = expect(running, event, .refused, .running)
            }
        }
        // A deadline does not end what runs.
        _ = expect(Self.job(.running, deadline: 10), .tick, .none, .running)
        _ = expect(Self.job(.running, deadline: 10), .finish(attempt: 1, state: .succeeded), .changed, .succeeded)
    }

    @Test func whatIsAskedToStopStops() {
        let asked = Self.job(.running, isCancelRequested: true)
        _ = expect(asked, .cancel, .none, .running)
        #expect(expect(asked, .heartbeat(attempt: 1, until: Self.moment(200)), .changed, .running).isCancelRequested)
        _ = expect(asked, .giveBack(attempt: 1), .changed, .cancelled)
        _ = expect(asked, .lose, .changed, .cancelled)
        _ = expect(asked, .tick, at: 99, .none, .running)
        _ = expect(asked, .tick, at: 100, .changed, .cancelled)
        // It was faster.
        _ = expect(asked, .finish(attempt: 1, state: .succeeded), .changed, .succeeded)
    }

    @Test func aLeaseThatEndsIsALossAndTooManyAreTheEnd() {
        #expect(expect(Self.job(.running), .tick, at: 100, .changed, .queued).losses == 1)
        let last = JobLifecycle.mostLosses - 1
        for (event, second) in [(JobLifecycle.Event.tick, Int64(100)), (.lose, 50)] {
            _ = expect(Self.job(.running, losses: last - 1), event, at: second, .changed, .queued)
            _ = expect(Self.job(.running, losses: last), event, at: second, .changed, .failed)
            _ = expect(Self.job(.running, deadline: 20), event, at: second, .changed, .expired)
        }
    }

    @Test(arguments: JobState.allCases.filter(\.isTerminal)) func whatHasEndedStays(_ state: JobState) {
        let ended = JobLifecycle(
            state: state, attempt: 1, losses: 0, leaseEnd: nil, isCancelRequested: false, deadline: Self.moment(60))
        for event in Self.events {
            for second in [Int64(50), 1000] {
                var job = ended
                #expect(job.apply(event, at: Self.moment(second)) != .changed)
                #expect(job == ended)
            }
        }
    }

    /// Any thousand events lead to at most one terminal state, and attempts only grow.
    @Test(arguments: 1...50) func everyLifeHasOneEnd(seed: UInt64) {
        var generator = SplitMix(state: seed)
        var job = JobLifecycle(deadline: seed % 2 == 0 ? Self.moment(5000) : nil)
        var ends: [JobState] = []
        var now: Int64 = 0
        for _ in 0..<1000 {
            now += Int64.random(in: 0...20, using: &generator)
            let attempt = job.attempt - Int.random(in: 0...1, using: &generator)
            let choices: [JobLifecycle.Event] = [
                .lease(until: Self.moment(now + 50)), .heartbeat(attempt: attempt, until: Self.moment(now + 50)),
                .heartbeat(attempt: attempt, until: Self.moment(now + 50)), .giveBack(attempt: attempt), .tick, .tick,
            ]
            // What ends a life is rare, or lives would be short.
            let rare: [JobLifecycle.Event] =
                [.cancel, .lose] + JobState.allCases.map { .finish(attempt: attempt, state: $0) }
            let isRare = Int.random(in: 0..<20, using: &generator) == 0
            guard let event = (isRare ? rare : choices).randomElement(using: &generator) else { continue }
            let before = job
            let effect = job.apply(event, at: Self.moment(now))
            #expect(effect == .changed || job == before)
            #expect(job.attempt >= before.attempt && job.losses >= before.losses)
            if job.state.isTerminal, !before.state.isTerminal { ends.append(job.state) }
            if before.state.isTerminal { #expect(job == before) }
        }
        #expect(ends.count <= 1 && ends.last == (job.state.isTerminal ? job.state : nil))
    }
}
