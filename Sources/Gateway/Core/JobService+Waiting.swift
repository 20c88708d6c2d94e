public import DaguerreJobs

extension JobService {
    /// Waits until the job has ended.
    ///
    /// When the waiting task is cancelled, which is how a client's disconnecting shows, nobody wants the job any longer.
    ///
    /// - Parameters:
    ///   - seconds: how long at most; the record may then be of a job that has not ended.
    ///   - cancelsOnDisconnect: whether the job is cancelled with the task.
    ///   - interval: seconds between looks at the record, should an event have been lost on its way.
    /// - Throws: ``GatewayError/notFound(_:)`` unless it is the caller's; ``GatewayError/shuttingDown`` if the server ends first, and
    ///   the job is done after its restart; `CancellationError`.
    public func wait(
        for id: JobIdentifier, by caller: Caller, atMost seconds: Double = .infinity, cancelsOnDisconnect: Bool = true,
        lookingEvery interval: Double = 15
    ) async throws -> JobRecord {
        let clock = ContinuousClock()
        let start = clock.now
        while true {
            // A watcher whose reader has stopped hears nothing more, so each wait has one of its own.
            let coming = events.watch(.job(id), hearsProgress: false)
            let record = try await job(id, for: caller)
            let left = seconds - (clock.now - start) / .seconds(1)
            guard !record.state.isTerminal, left > 0 else { return record }
            switch await firstNews(of: coming, within: min(left, interval)) {
            case .ended(let ended): return ended
            case .silence: continue
            case .shuttingDown: throw GatewayError.shuttingDown
            case .cancelled:
                guard cancelsOnDisconnect, !draining.isDraining else { throw CancellationError() }
                // This task is cancelled, and stores refuse work of cancelled tasks: the last word needs one of its own.
                await Task { _ = try? await queue.cancel(id, owner: caller.visible) }.value
                throw CancellationError()
            }
        }
    }

    private enum News: Sendable {
        case ended(JobRecord), silence, shuttingDown, cancelled
    }

    private func firstNews(of coming: JobEventSequence, within seconds: Double) async -> News {
        await withTaskGroup(of: News.self) { group in
            group.addTask {
                for await event in coming {
                    if case .state(let record) = event.kind, record.state.isTerminal { return .ended(record) }
                }
                return .cancelled
            }
            group.addTask { [draining] in
                await draining.isExpired(within: seconds) ? .shuttingDown : Task.isCancelled ? .cancelled : .silence
            }
            let news = await group.next() ?? .cancelled
            group.cancelAll()
            return Task.isCancelled ? .cancelled : news
        }
    }
}
