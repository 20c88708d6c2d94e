import Glibc
import Synchronization

/// A thread of its own for what waits on a disk, so that the cooperative pool is never blocked by it.
final class FileThread: Sendable {
    private let inbox = Inbox()

    /// Starts the thread, which ends with this value.
    init() {
        let context = Unmanaged.passRetained(inbox)
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let inbox = Unmanaged<Inbox>.fromOpaque(argument).takeRetainedValue()
                while let job = inbox.next() { job() }
                return nil
            }, context.toOpaque())
        if status == 0 {
            pthread_detach(thread)
        } else {
            context.release()
            inbox.close()
        }
    }

    deinit { inbox.close() }

    /// Runs `body` on the thread, after what was asked before; `isCancelled` tells it that its caller no longer waits.
    func run<R: Sendable>(_ body: @escaping @Sendable (_ isCancelled: () -> Bool) throws -> R) async throws -> R {
        let flag = Flag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isAccepted = inbox.add {
                    continuation.resume(with: Result { try body { flag.isSet } })
                }
                if !isAccepted { continuation.resume(throwing: RegistryError.noThread) }
            }
        } onCancel: {
            flag.set()
        }
    }
}

private final class Flag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
}

/// What waits for the thread.
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
