import DaguerreJobs
import DaguerreStorage
import Testing

/// What every queue does: orders, lists, images, retention, and telling of changes.
@Suite struct QueueLookingTests {
    @Test(arguments: QueueKind.allCases) func positionsAreTheOrderOfLeases(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        var jobs: [JobRecord] = []
        for index in 0..<60 {
            jobs.append(
                try await test.submit(owner: Owner("\(index % 7)"), seconds: Double(1 + index % 3)) {
                    $0.priority = JobPriority.allCases[index % 3]
                })
        }
        var places: [JobIdentifier: Int] = [:]
        for job in jobs { places[job.id] = try await test.queue.position(of: job.id) }
        #expect(places.values.sorted() == Array(0..<60))
        for place in 0..<60 { #expect(places[try await test.lease().job.id] == place) }
        #expect(try await test.queue.position(of: jobs[0].id) == nil)
    }

    @Test(arguments: QueueKind.allCases) func aModelAtHandIsPreferredByAMinute(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        let old = try await test.submit { $0.request.model = "cold" }
        let young = try await test.submit { $0.request.model = "warm" }
        test.clock.advance(61)
        let younger = try await test.submit { $0.request.model = "warm" }
        #expect(try await test.lease(preferring: ["warm"]).job.id == young.id)
        #expect(try await test.lease(preferring: ["warm"]).job.id == old.id)
        #expect(try await test.lease(preferring: ["warm"]).job.id == younger.id)
    }

    /// They are those that would be leased next, whosever they are, and end before the first that may not join.
    @Test(arguments: QueueKind.allCases) func companionsAreTheNextInLineAndPassNobody(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        let first = try await test.submit("a lake")
        let second = try await test.submit("a hill", owner: Owner("other")) { $0.request.seed = 9 }
        let third = try await test.submit("a wood")
        let many = try await test.submit("a park") { $0.request.count = 3 }
        let fourth = try await test.submit("a bay")
        let other = try await test.submit("a lake") { $0.request.steps = 3 }
        let last = try await test.submit("a moor")
        let lease = try await test.lease()
        #expect(lease.job.id == first.id)
        let companions = try await test.queue.leaseCompanions(of: lease, limit: 4, seconds: 30)
        #expect(companions.map(\.job.id) == [second.id, third.id])
        #expect(companions.allSatisfy { $0.attempt == 1 && $0.job.state == .running })
        #expect(try await test.queue.leaseCompanions(of: lease, limit: 0, seconds: 30).isEmpty)
        #expect(
            try await test.queue.leaseCompanions(of: lease, limit: 9, seconds: 30).map(\.job.id) == [
                many.id, fourth.id,
            ])
        #expect(try await test.queue.leaseCompanions(of: lease, limit: 9, seconds: 30).isEmpty)
        #expect(try await test.lease().job.id == other.id)
        #expect(try await test.lease().job.id == last.id)
    }

    @Test(arguments: QueueKind.allCases) func listsAreNewestFirstInPagesAndByState(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        var jobs: [JobRecord] = []
        for index in 0..<25 { jobs.insert(try await test.submit("\(index)"), at: 0) }
        try await test.submit(owner: Owner("other"))
        for job in jobs where job.request.prompt.hasSuffix("3") { _ = try await test.queue.cancel(job.id, owner: nil) }
        var filter = JobFilter(owner: .local)
        filter.limit = 10
        var seen: [JobRecord] = []
        while true {
            let page = try await test.queue.jobs(filter)
            if page.isEmpty { break }
            #expect(page.count <= 10)
            seen += page
            filter.before = page.last?.id
        }
        #expect(seen.map(\.id) == jobs.map(\.id))
        filter = JobFilter(owner: .local)
        filter.states = [.cancelled, .failed]
        #expect(try await test.queue.jobs(filter).map(\.request.prompt) == ["23", "13", "3"])
        filter.limit = -1
        #expect(try await test.queue.jobs(filter).isEmpty)
        #expect(try await test.queue.jobs(JobFilter(owner: Owner("nobody"))).isEmpty)
    }

    @Test(arguments: QueueKind.allCases) func nobodySeesWhatIsAnothers(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        let stranger = Owner("stranger")
        let job = try await test.submit()
        let lease = try await test.lease()
        #expect(try await test.queue.finish(lease, success([try digest(1)])))
        try await test.queue.addUpload(try upload(2), owner: .local)
        let waiting = try await test.submit()
        #expect(try await test.queue.job(job.id, owner: stranger) == nil)
        #expect(try await test.queue.cancel(waiting.id, owner: stranger) == nil)
        #expect(try await test.state(of: waiting) == .queued)
        #expect(try await test.queue.jobs(JobFilter(owner: stranger)).isEmpty)
        for number in [UInt8(1), 2] {
            #expect(try await test.queue.image(try digest(number), owner: stranger) == nil)
            #expect(try await test.queue.image(try digest(number), owner: .local) != nil)
            #expect(try await test.queue.image(try digest(number), owner: nil) != nil)
        }
        #expect(try await test.queue.image(try digest(2), owner: .local) == upload(2))
        // Of two who uploaded the same bytes, each has them.
        try await test.queue.addUpload(try upload(2), owner: stranger)
        #expect(try await test.queue.image(try digest(2), owner: stranger) == upload(2))
    }

    @Test(arguments: QueueKind.allCases) func whatIsOldIsForgottenUnlessItIsNeeded(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        var retention = Retention()
        retention.jobs = 100
        retention.uploads = 50
        for number in UInt8(1)...3 { try await test.queue.addUpload(try upload(number), owner: .local) }
        let old = try await test.submit()
        let lease = try await test.lease()
        // Two images of its own, and one that is an upload, too.
        #expect(try await test.queue.finish(lease, success([try digest(10), try digest(11), try digest(3)])))
        test.clock.advance(49)
        let needing = try await test.submit { $0.request.image = (try? digest(1)).map { .init($0) } }
        #expect(try await test.queue.sweep(retention).isEmpty)
        test.clock.advance(2)
        // The first is needed, and the third is a result.
        #expect(try await test.queue.sweep(retention) == [digest(2)])
        #expect(try await test.queue.isReferred(try digest(1)))
        #expect(try await test.queue.isReferred(try digest(3)))
        #expect(try await !test.queue.isReferred(try digest(2)))
        let second = try await test.lease()
        #expect(try await test.queue.finish(second, success([try digest(11)])))
        test.clock.advance(50)
        let orphans = Set(try await test.queue.sweep(retention))
        #expect(orphans == [try digest(1), try digest(3), try digest(10)])
        #expect(try await test.queue.job(old.id, owner: nil) == nil)
        #expect(try await test.queue.job(needing.id, owner: nil)?.state == .succeeded)
        #expect(try await test.queue.isReferred(try digest(11)))
        test.clock.advance(100)
        #expect(try await test.queue.sweep(retention) == [digest(11)])
        #expect(try await test.queue.jobs(JobFilter(owner: .local)).isEmpty)
    }

    /// Bytes that an unfinished job needs are referred to even if nobody noted them as an upload.
    @Test(arguments: QueueKind.allCases) func whatAJobNeedsIsReferredTo(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        let job = try await test.submit { $0.request.image = (try? digest(1)).map { .init($0) } }
        #expect(try await test.queue.isReferred(try digest(1)))
        _ = try await test.queue.cancel(job.id, owner: nil)
        #expect(try await !test.queue.isReferred(try digest(1)))
    }

    @Test(arguments: QueueKind.allCases) func everyChangeIsToldInOrder(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        try await test.submit("before")
        let changes = test.queue.changes(), others = test.queue.changes()
        _ = try await test.lease()
        let job = try await test.submit("after")
        let lease = try await test.lease()
        #expect(try await test.queue.extend(lease, seconds: 30) == .held)
        _ = try await test.queue.cancel(job.id, owner: nil)
        #expect(try await test.queue.finish(lease, .cancelled))
        for stream in [changes, others] {
            var told: [String] = []
            for await change in stream {
                let mark = change.lifecycle.isCancelRequested ? "!" : ""
                told.append("\(change.request.prompt) \(change.state)\(mark)")
                if change.state.isTerminal { break }
            }
            #expect(told == ["before running", "after queued", "after running", "after running!", "after cancelled"])
        }
    }
}
