import DaguerreJobs
import Synchronization
import Testing

@Suite struct JobEventsTests {
    private let events = JobEvents()

    private func record(_ owner: Owner = .local) -> JobRecord {
        let now = Timestamp.now()
        return JobRecord(JobSubmission(JobRequest("a lake"), owner: owner), id: JobIdentifier(at: now), at: now)
    }

    /// The same job after `event`.
    private func after(_ event: JobLifecycle.Event, _ record: JobRecord) -> JobRecord {
        var record = record
        _ = record.lifecycle.apply(event, at: Timestamp(milliseconds: 0))
        return record
    }

    private func running(_ record: JobRecord) -> JobRecord { after(.lease(until: Timestamp(milliseconds: 1)), record) }

    private func succeeded(_ record: JobRecord) -> JobRecord {
        after(.finish(attempt: record.lifecycle.attempt, state: .succeeded), record)
    }

    private func text(_ event: JobEvent) -> String {
        switch event.kind {
        case .state(let record): "\(record.state)"
        case .progress(let progress): "\(progress.step)"
        case .lagged: "lagged"
        }
    }

    /// What is read until a job has ended.
    private func read(_ sequence: JobEventSequence, ends: Int = 1) async -> [JobEvent] {
        var read: [JobEvent] = []
        for await event in sequence {
            read.append(event)
            if read.count(where: \.isTerminal) == ends { break }
        }
        return read
    }

    @Test func whoReadsAtOnceHearsEverythingInOrder() async {
        let job = record()
        let started = running(job)
        let watch = events.watch(.job(job.id))
        var iterator = watch.makeAsyncIterator()
        var heard: [JobEvent] = []
        func hear() async { if let event = await iterator.next() { heard.append(event) } }
        events.publish(job)
        await hear()
        events.publish(started)
        await hear()
        for step in 1...20 {
            events.publish(JobProgress(.denoising, step: step, steps: 20), of: job.id)
            await hear()
        }
        events.publish(succeeded(started))
        await hear()
        #expect(heard.map(text) == ["queued", "running"] + (1...20).map(String.init) + ["succeeded"])
        #expect(zip(heard, heard.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
        #expect(heard.allSatisfy { $0.owner == .local && $0.job == job.id })
    }

    @Test func whoWaitsForAnEndIsNotWokenByProgress() async {
        let job = record()
        let watch = events.watch(.job(job.id), hearsProgress: false)
        events.publish(running(job))
        events.publish(JobProgress(.denoising, step: 1, steps: 2), of: job.id)
        events.publish(succeeded(running(job)))
        #expect(await read(watch).map(text) == ["running", "succeeded"])
    }

    @Test func whoReadsSlowlyLosesProgressOnly() async {
        let one = record(), other = record()
        let watch = events.watch(.owner(.local))
        for job in [one, other] {
            events.publish(job)
            events.publish(running(job))
        }
        for step in 1...1000 {
            for job in [one, other] { events.publish(JobProgress(.denoising, step: step, steps: 1000), of: job.id) }
        }
        events.publish(succeeded(running(one)))
        events.publish(succeeded(running(other)))
        let heard = await read(watch, ends: 2)
        for job in [one, other] {
            #expect(heard.filter { $0.job == job.id }.map(text) == ["queued", "running", "1000", "succeeded"])
        }
    }

    @Test func nobodyHearsOfOthersJobs() async {
        let mine = record(Owner("me")), theirs = record(Owner("them"))
        let byJob = events.watch(.job(mine.id)), byOwner = events.watch(.owner(Owner("me")))
        for job in [theirs, mine] {
            events.publish(job)
            events.publish(running(job))
            events.publish(JobProgress(.loading), of: job.id)
            events.publish(succeeded(running(job)))
        }
        for watch in [byJob, byOwner] {
            let heard = await read(watch)
            #expect(heard.count == 4 && heard.allSatisfy { $0.job == mine.id })
        }
        #expect(events.progress(of: Owner("them")).isEmpty)
    }

    @Test func whoHasNoTaskIsCalledWhenThereIsSomethingToTake() async {
        let job = record()
        let watch = events.watch(.job(job.id))
        let calls = Mutex(0)
        #expect(watch.take() == nil)
        watch.whenReady { calls.withLock { $0 += 1 } }
        #expect(calls.withLock { $0 } == 0)
        events.publish(job)
        events.publish(running(job))
        #expect(calls.withLock { $0 } == 1, "once, however much happens")
        for step in 1...3 { events.publish(JobProgress(.denoising, step: step, steps: 3), of: job.id) }
        watch.whenReady { calls.withLock { $0 += 1 } }
        #expect(calls.withLock { $0 } == 2, "at once, where something waits")
        #expect([watch.take(), watch.take(), watch.take()].compactMap { $0.map(text) } == ["queued", "running", "3"])
        #expect(watch.take() == nil)
    }

    @Test func aReaderThatIsCancelledStops() async {
        let watch = events.watch(.job(record().id))
        let reader = Task {
            for await _ in watch {}
            return true
        }
        reader.cancel()
        #expect(await reader.value)
    }

    @Test func whoNoLongerWatchesIsForgotten() {
        var watches: [JobEventSequence] = []
        for number in 0..<1000 { watches.append(events.watch(number % 2 == 0 ? .job(record().id) : .owner(.local))) }
        #expect(events.watcherCount == 1000)
        watches.removeLast(900)
        #expect(events.watcherCount == 100)
        watches = []
        #expect(events.watcherCount == 0)
    }

    @Test func whoComesBackIsToldWhatItLacks() throws {
        let job = running(record())
        #expect(events.current(job, after: nil).map(text) == ["running"])
        events.publish(job)
        events.publish(
            JobProgress(
                .denoising, step: 3, steps: 20, preview: .init(mediaType: "image/png", bytes: [1], width: 1, height: 1)),
            of: job.id)
        events.publish(JobProgress(.denoising, step: 4, steps: 20), of: job.id)
        let now = events.current(job, after: nil)
        #expect(now.map(text) == ["running", "4"])
        let last = try #require(now.last)
        guard case .progress(let progress) = last.kind else { throw NoProgress() }
        // The last picture is kept although the last progress had none.
        #expect(progress.preview?.bytes == [1])
        #expect(events.current(job, after: last.sequence).isEmpty)
        #expect(events.current(job, after: now[0].sequence).map(text) == ["4"])
        let ended = succeeded(job)
        events.publish(ended)
        #expect(events.current(ended, after: last.sequence).map(text) == ["succeeded"])
        #expect(events.progress(of: job.id) == nil)
        let end = try #require(events.current(ended, after: nil).first)
        #expect(events.current(ended, after: end.sequence).isEmpty)
        // JavaScript counts so far exactly.
        #expect(end.sequence <= 1 << 53 - 1)
    }

    struct NoProgress: Error {}

    /// Numbers go on growing through attempts, a request to stop, and a restart that has forgotten all progress.
    @Test func numbersGrowThroughALife() {
        var job = record()
        var numbers: [Int64] = []
        func note(_ events: JobEvents) { numbers += events.current(job, after: nil).map(\.sequence) }
        for _ in 0..<3 {
            let restarted = JobEvents()
            restarted.publish(job)
            note(restarted)
            job = running(job)
            restarted.publish(job)
            for step in 1...5 { restarted.publish(JobProgress(.denoising, step: step, steps: 5), of: job.id) }
            note(restarted)
            job = after(.giveBack(attempt: job.lifecycle.attempt), job)
        }
        job = after(.cancel, running(job))
        note(JobEvents())
        job = after(.finish(attempt: 4, state: .cancelled), job)
        note(JobEvents())
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "\(numbers)")
    }

    /// Telling of one job costs the same with twenty thousand watchers of others.
    @Test func watchersOfOthersCostNothing() {
        let job = running(record())
        events.publish(job)
        func seconds() -> Duration {
            let clock = ContinuousClock()
            return (0..<5).map { _ in
                clock.measure {
                    for step in 0..<1000 {
                        events.publish(JobProgress(.denoising, step: step, steps: 1000), of: job.id)
                    }
                }
            }.min() ?? .zero
        }
        let alone = seconds()
        let watches = (0..<20_000).map { _ in events.watch(.job(record().id)) }
        let crowded = seconds()
        #expect(crowded < alone * 10, "\(crowded) beside \(alone)")
        withExtendedLifetime(watches) { #expect(events.watcherCount == 20_000) }
    }

    /// A watcher that reads nothing keeps a bounded number of events, and learns that there were more.
    @Test func aWatcherOfManyJobsIsToldThatItLagsBehind() {
        let watch = events.watch(.owner(.local))
        var jobs: [JobIdentifier] = []
        for _ in 0..<1000 {
            let job = record()
            jobs.append(job.id)
            for record in [job, running(job), succeeded(running(job))] { events.publish(record) }
        }
        var heard: [JobEvent] = []
        while let event = watch.take() { heard.append(event) }
        // The mark, then the newest in order, of which no end is left out.
        #expect((2...257).contains(heard.count) && heard.map(text).firstIndex(of: "lagged") == 0)
        #expect(heard.dropFirst().allSatisfy { text($0) != "lagged" })
        let ends = heard.filter(\.isTerminal).map(\.job)
        #expect(ends == Array(jobs.suffix(ends.count)) && ends.count > 40)
        // And then it hears everything again.
        events.publish(record())
        let next = watch.take().map(text)
        #expect(next == "queued")
    }

    /// Of one job no number of changes is too many: its end is heard.
    @Test func aWatcherOfOneJobNeverMissesItsEnd() {
        var job = record()
        let watch = events.watch(.job(job.id))
        for attempt in 1...1000 {
            job = running(job)
            events.publish(job)
            events.publish(JobProgress(.denoising, step: 1, steps: 2), of: job.id)
            if attempt < 1000 {
                job = after(.giveBack(attempt: attempt), job)
                events.publish(job)
            }
        }
        events.publish(succeeded(job))
        var heard: [JobEvent] = []
        while let event = watch.take() { heard.append(event) }
        #expect(heard.count <= 257 && heard.last.map(text) == "succeeded" && !heard.map(text).contains("lagged"))
    }
}
