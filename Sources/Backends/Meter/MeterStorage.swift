import DaguerreTensors
import Synchronization

/// Room that a tensor would take while it lives.
final class MeterStorage: TensorStorage {
    private let byteCount: Int
    private let ledger: MemoryLedger

    init(byteCount: Int, ledger: MemoryLedger) {
        self.byteCount = MemoryModel.allocation(byteCount)
        self.ledger = ledger
        ledger.hold(self.byteCount)
    }

    deinit { ledger.release(byteCount) }
}

/// Room that a weight would take while it lives.
final class MeterWeight: WeightStorage {
    private let parameterCount: Int
    private let tally: Tally
    private let bytes: Mutex<(first: Int, later: Int)>

    /// Bytes of every form that is held now.
    var byteCount: Int { bytes.withLock { $0.first + $0.later } }

    init(byteCount: Int, parameterCount: Int, tally: Tally) {
        self.parameterCount = parameterCount
        self.tally = tally
        bytes = Mutex((byteCount, 0))
        tally.ledger.holdWeight(byteCount)
        tally.count { $0.parameterCount += parameterCount }
    }

    /// Holds a second form of the weight, of `byteCount` bytes, from its first use on.
    func holdSecondForm(byteCount: Int) {
        let isFirstUse = bytes.withLock { bytes in
            defer { bytes.later = byteCount }
            return bytes.later == 0
        }
        if isFirstUse { tally.ledger.holdWeight(byteCount) }
    }

    deinit {
        tally.ledger.releaseWeight(byteCount)
        tally.count { $0.parameterCount -= parameterCount }
    }
}

/// Everything that is counted, behind one lock each for memory and the rest.
final class Tally: Sendable {
    let ledger = MemoryLedger()
    private let counts = Mutex(MeterReport())

    func count(_ add: (inout MeterReport) -> Void) {
        counts.withLock { add(&$0) }
    }

    /// Counts as much arithmetic of one kind as `factors` multiply to.
    func add(_ kind: WritableKeyPath<FLOPCount, Int>, _ factors: Int...) {
        let operations = factors.reduce(1) { .saturatingProduct($0, $1) }
        count { $0.flops[keyPath: kind] = .saturatingSum($0.flops[keyPath: kind], operations) }
    }

    var report: MeterReport {
        var report = counts.withLock { $0 }
        let memory = ledger.report
        report.weightBytes = memory.weightBytes
        report.liveBytes = memory.liveBytes
        report.peakBytes = memory.peakBytes
        return report
    }
}
