import CKernels
import DaguerreTensors
import Synchronization

/// The threads that run our kernels: libgomp's where oneDNN brought it, so that both share one set of threads.
final class Team: @unchecked Sendable {  // guarded by: one caller at a time, as the backend's contract says
    let handle: OpaquePointer
    let size: Int

    init(threadCount: Int, gompParallel: UnsafeMutableRawPointer?) throws(BackendError) {
        guard let handle = daguerre_team_create(Int32(threadCount), gompParallel) else {
            throw .outOfMemory(byteCount: threadCount * 64)
        }
        self.handle = handle
        size = Int(daguerre_team_size(handle))
    }

    deinit { daguerre_team_destroy(handle) }

    /// Calls `body(index, worker)` once for each index below `count`; workers are numbered from 0.
    ///
    /// - Throws: an error that one of the calls threw, after all have ended.
    func run(_ count: Int, _ body: (_ index: Int, _ worker: Int) throws(BackendError) -> Void) throws(BackendError) {
        try withoutActuallyEscaping(body) { (escaping) throws(BackendError) in
            let job = Job(escaping)
            let context = Unmanaged.passUnretained(job)
            daguerre_team_run(handle, count, context.toOpaque()) { context, index in
                guard let context else { return }
                Unmanaged<Job>.fromOpaque(context).takeUnretainedValue().run(index, Int(daguerre_team_worker()))
            }
            try withExtendedLifetime(job) { () throws(BackendError) in
                if let failure = job.failure { throw failure }
            }
        }
    }

    private final class Job: @unchecked Sendable {  // guarded by: the mutex; `body` is called by many threads at once
        private let body: (Int, Int) throws(BackendError) -> Void
        private let errors = Mutex<BackendError?>(nil)

        init(_ body: @escaping (Int, Int) throws(BackendError) -> Void) { self.body = body }

        var failure: BackendError? { errors.withLock { $0 } }

        func run(_ index: Int, _ worker: Int) {
            do {
                try body(index, worker)
            } catch {
                errors.withLock { $0 = $0 ?? error }
            }
        }
    }
}
