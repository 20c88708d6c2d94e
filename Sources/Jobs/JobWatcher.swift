import Synchronization

/// What waits for one reader.
final class JobWatcher: Sendable {
    /// Events that wait for who does not read.
    private static let mostPending = 256

    private struct State {
        var pending: [JobEvent] = []
        var wake: (@Sendable () -> Void)?
        var isCancelled = false
    }

    private let state = Mutex(State())
    private let hearsProgress: Bool

    init(hearsProgress: Bool) { self.hearsProgress = hearsProgress }

    func offer(_ event: JobEvent) {
        let wake = state.withLock { state -> (@Sendable () -> Void)? in
            if event.isProgress {
                guard hearsProgress else { return nil }
                state.pending.removeAll { $0.isProgress && $0.job == event.job }
            }
            state.pending.append(event)
            if state.pending.count > Self.mostPending { state.pending = Self.shortened(state.pending) }
            defer { state.wake = nil }
            return state.wake
        }
        wake?()
    }

    /// Of each job the newest state; where that is too much, too, the newer ones behind a mark that says so.
    private static func shortened(_ events: [JobEvent]) -> [JobEvent] {
        var seen: Set<JobIdentifier> = []
        let newest = events.reversed().filter { event in
            if case .state = event.kind { seen.insert(event.job).inserted } else { false }
        }
        let isWhole = newest.count <= mostPending / 2
        // An older mark is one of what is left out now.
        guard let lost = isWhole ? events.first(where: \.isMark) : newest.dropFirst(mostPending / 2).first else {
            return newest.reversed()
        }
        let mark = JobEvent(job: lost.job, owner: lost.owner, sequence: lost.sequence, kind: .lagged)
        return [mark] + newest.prefix(mostPending / 2).reversed()
    }

    func take() -> JobEvent? {
        state.withLock { state in
            guard !state.pending.isEmpty else { return nil }
            defer { if state.pending.isEmpty { state.pending = [] } }
            return state.pending.removeFirst()
        }
    }

    func whenReady(_ wake: @escaping @Sendable () -> Void) {
        let isReady = state.withLock { state in
            let isReady = !state.pending.isEmpty || state.isCancelled
            state.wake = isReady ? nil : wake
            return isReady
        }
        if isReady { wake() }
    }

    func next() async -> JobEvent? {
        await withTaskCancellationHandler {
            while true {
                if let event = take() { return event }
                if Task.isCancelled { return nil }
                await withCheckedContinuation { continuation in whenReady { continuation.resume() } }
            }
        } onCancel: {
            state.withLock { state in
                state.isCancelled = true
                defer { state.wake = nil }
                return state.wake
            }?()
        }
    }
}

extension JobEvent {
    fileprivate var isProgress: Bool { if case .progress = kind { true } else { false } }

    fileprivate var isMark: Bool { if case .lagged = kind { true } else { false } }
}
