import Synchronization

/// Runs tasks on the thread that asks for it and nowhere else, so that an input does the same each time, and fast.
final class InlineExecutor: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
    }

    /// Runs until nothing is left to do; `false` if there was nothing.
    @discardableResult
    func run() -> Bool {
        var hasRun = false
        while true {
            let ready = jobs.withLock { jobs in
                defer { jobs.removeAll(keepingCapacity: true) }
                return jobs
            }
            if ready.isEmpty { return hasRun }
            hasRun = true
            for job in ready { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    /// Runs `operation`, which must not wait for anything but tasks of this executor.
    func complete(_ operation: @escaping @Sendable () async -> Void) {
        let isDone = Shared(false)
        start {
            await operation()
            isDone.value = true
        }
        run()
        require(isDone.value, "something waits for another thread")
    }

    /// Begins `operation`, which goes on whenever this runs.
    @discardableResult
    func start(_ operation: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: self, operation: operation)
    }
}

/// A value that tasks share.
final class Shared<Value: Sendable>: Sendable {
    private let kept: Mutex<Value>
    init(_ value: Value) { kept = Mutex(value) }
    var value: Value {
        get { kept.withLock { $0 } }
        set { kept.withLock { $0 = newValue } }
    }
}
