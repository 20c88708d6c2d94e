/// The events that one watcher hears, as they happen; has one reader, and is forgotten with it.
///
/// A task iterates; who has none takes what waits, and is called when there is more.
public final class JobEventSequence: AsyncSequence, Sendable {
    private let watcher: JobWatcher
    private let forget: @Sendable () -> Void

    init(_ watcher: JobWatcher, forget: @escaping @Sendable () -> Void) {
        self.watcher = watcher
        self.forget = forget
    }

    deinit { forget() }

    /// The oldest event that waits; nil if none does.
    public func take() -> JobEvent? { watcher.take() }

    /// Calls `wake` once, when an event waits, which may be now; it is called by who publishes, and is to be quick.
    ///
    /// Replaces what was to be called before.
    public func whenReady(_ wake: @escaping @Sendable () -> Void) { watcher.whenReady(wake) }

    /// Reads on; ends when the reader's task is cancelled.
    public func makeAsyncIterator() -> Iterator { Iterator(sequence: self) }

    /// Reads on.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let sequence: JobEventSequence

        /// The next event; nil when the reader's task is cancelled.
        public mutating func next() async -> JobEvent? { await sequence.watcher.next() }
    }
}
