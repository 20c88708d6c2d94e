import DaguerreJobs

/// What one subscription is to hear: what it has missed, then what happens, until its job has ended.
///
/// Holds nothing beyond what waits: a subscription to which nothing happens costs no task.
struct JobFeed: Sendable {
    /// Newest first, so that the oldest can be taken off the end.
    private var missed: [JobEvent]
    private let coming: JobEventSequence
    private let endsWithJob: Bool
    private let newestMissed: Int64
    /// Whether nothing more is to be heard.
    private(set) var isOver = false

    init(_ watched: (missed: [JobEvent], coming: JobEventSequence), endsWithJob: Bool) {
        missed = watched.missed.reversed()
        coming = watched.coming
        self.endsWithJob = endsWithJob
        newestMissed = endsWithJob ? watched.missed.map(\.sequence).max() ?? .min : .min
    }

    /// Whether there is anything that has been missed.
    var hasMissed: Bool { !missed.isEmpty }

    /// The next event that is there; nil if none is.
    mutating func take() -> JobEvent? {
        guard !isOver else { return nil }
        if let event = missed.popLast() {
            // An empty array keeps its memory, which is a whole job's.
            if missed.isEmpty { missed = [] }
            return told(event)
        }
        while let event = coming.take() {
            if event.sequence > newestMissed { return told(event) }
        }
        return nil
    }

    /// Calls `wake` once, when ``take()`` may have something.
    func whenReady(_ wake: @escaping @Sendable () -> Void) { coming.whenReady(wake) }

    /// The next event, once there is one; nil if nothing more is to be heard or the task is cancelled.
    mutating func next() async -> JobEvent? {
        var iterator = coming.makeAsyncIterator()
        if let event = take() { return event }
        while !isOver, let event = await iterator.next() {
            if event.sequence > newestMissed { return told(event) }
        }
        return nil
    }

    private mutating func told(_ event: JobEvent) -> JobEvent {
        isOver = endsWithJob && event.isTerminal
        return event
    }
}
