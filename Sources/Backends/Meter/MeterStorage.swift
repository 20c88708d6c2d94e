import DaguerreTensors
import Synchronization

/// Bytes that an allocation of `byteCount` takes: whole lines of 64.
func allocationSize(_ byteCount: Int) -> Int {
    (byteCount + 63) / 64 * 64
}

/// Room that a tensor would take while it lives.
final class MeterStorage: TensorStorage {
    private let byteCount: Int
    private let ledger: MemoryLedger

    init(byteCount: Int, ledger: MemoryLedger) {
        self.byteCount = allocationSize(byteCount)
        self.ledger = ledger
        ledger.hold(self.byteCount)
    }

    deinit { ledger.release(byteCount) }
}

/// Room that a weight would take while it lives.
final class MeterWeight: WeightStorage {
    let byteCount: Int
    let parameterCount: Int
    private let tally: Tally

    init(byteCount: Int, parameterCount: Int, tally: Tally) {
        self.byteCount = allocationSize(byteCount)
        self.parameterCount = parameterCount
        self.tally = tally
        tally.ledger.holdWeight(self.byteCount)
        tally.count { $0.parameterCount += parameterCount }
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

    var report: MeterReport {
        var report = counts.withLock { $0 }
        let memory = ledger.report
        report.weightBytes = memory.weightBytes
        report.liveBytes = memory.liveBytes
        report.peakBytes = memory.peakBytes
        return report
    }
}
