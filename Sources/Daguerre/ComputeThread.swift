import Glibc
import Synchronization

/// One thread of its own for all compute of a model, so that the cooperative pool is never blocked by it.
///
/// It is one thread for good, and not whichever a queue picks, because OpenMP keeps a team of threads for each thread
/// that starts parallel work.
package final class ComputeThread: Sendable {
    private let inbox = Inbox()

    /// Starts the thread, which ends with this value.
    package init() {
        let context = Unmanaged.passRetained(inbox)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, 8 << 20)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                let inbox = Unmanaged<Inbox>.fromOpaque(argument).takeRetainedValue()
                while let job = inbox.next() { job() }
                return nil
            }, context.toOpaque())
        if status != 0 {
            context.release()
            inbox.close()
        }
    }

    deinit { inbox.close() }

    /// Runs `body` on the thread, after what was asked before.
    ///
    /// If the task is cancelled, `isCancelled` becomes true for `body` to see.
    package func run<R: Sendable>(
        _ body: @escaping @Sendable (_ isCancelled: () -> Bool) throws -> R
    ) async throws -> R {
        let flag = CancellationFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isAccepted = inbox.add {
                    continuation.resume(
                        with: Result {
                            // It may have waited long for its turn.
                            if flag.isSet { throw CancellationError() }
                            return try body { flag.isSet }
                        })
                }
                if !isAccepted { continuation.resume(throwing: ComputeThreadError.unavailable) }
            }
        } onCancel: {
            flag.set()
        }
    }
}

/// The system has no thread for us.
enum ComputeThreadError: Error, CustomStringConvertible {
    case unavailable

    var description: String { "the system could not start a thread for computing; end other processes and try again" }
}

private final class CancellationFlag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
}

/// Jobs that wait for the thread.
private final class Inbox: @unchecked Sendable {  // guarded by: `mutex`
    private var jobs: [@Sendable () -> Void] = []
    private var isClosed = false
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// False if the inbox is closed.
    func add(_ job: @escaping @Sendable () -> Void) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isClosed else { return false }
        jobs.append(job)
        pthread_cond_signal(condition)
        return true
    }

    /// Waits for a job; `nil` once the inbox is closed and empty.
    func next() -> (@Sendable () -> Void)? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while jobs.isEmpty && !isClosed { pthread_cond_wait(condition, mutex) }
        return jobs.isEmpty ? nil : jobs.removeFirst()
    }

    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }
}
