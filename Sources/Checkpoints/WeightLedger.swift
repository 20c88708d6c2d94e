import DaguerreTensors
import Synchronization

/// What was asked of a store: missing, misshapen, unread.
///
/// As layers are constructed it also gives the pages of mapped weights back, a while after they were handed out, so
/// that a model is never in memory twice; a page that is still wanted comes in again from the file.
public final class WeightLedger: Sendable {
    private struct Record {
        var read: Set<String> = []
        var ignored: Set<String> = []
        var missing: Set<String> = []
        var misshapen: [String: String] = [:]
        var handedOut: [String] = []
        var handedOutBytes = 0
    }

    /// Handed-out bytes after which the pages before them are given back.
    private static let residentBytes = 128 << 20

    /// The store that was asked.
    public let store: WeightStore
    private let file: String
    private let record = Mutex(Record())

    /// Keeps account of what is read from `store`; `file` is its name in errors: `unet`.
    public init(_ store: WeightStore, file: String) {
        self.store = store
        self.file = file
    }

    /// Lets the keys that `isIgnored` accepts stay unread, such as `*.position_ids`.
    public func ignore(where isIgnored: (String) -> Bool) {
        let keys = store.keys.filter(isIgnored)
        record.withLock { $0.ignored.formUnion(keys) }
    }

    /// Ends the account.
    ///
    /// - Throws: ``CheckpointError/unusable(file:missing:misshapen:unread:)`` with all that is wrong, sorted.
    public func verify() throws(CheckpointError) {
        let record = record.withLock { $0 }
        let unread = store.keys.filter { !record.read.contains($0) && !record.ignored.contains($0) }
        guard record.missing.isEmpty, record.misshapen.isEmpty, unread.isEmpty else {
            throw .unusable(
                file: file, missing: record.missing.sorted(),
                misshapen: record.misshapen.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" },
                unread: unread)
        }
    }

    /// Tensor `key` in `shape`; what is wrong with it is recorded, and a tensor without bytes stands in.
    func tensor(_ key: String, _ shape: Shape) -> HostTensor {
        let substitute = HostTensor(
            shape: shape, elementType: .float32, bytes: UnsafeRawBufferPointer(start: nil, count: 0), owner: nil)
        guard let tensor = store[key] else {
            record.withLock { _ = $0.missing.insert(key) }
            return substitute
        }
        let isFloat = [.float64, .float32, .float16, .bfloat16].contains(tensor.elementType)
        guard isFloat, tensor.shape.withoutUnitKernel == shape.withoutUnitKernel else {
            let found = isFloat ? "\(tensor.shape)" : "\(tensor.shape) of \(tensor.elementType)"
            record.withLock {
                $0.read.insert(key)
                $0.misshapen[key] = "expected \(shape), found \(found)"
            }
            return substitute
        }
        release(after: key, tensor.byteCount)
        return tensor.shape == shape ? tensor : tensor.reshaped(shape)
    }

    private func release(after key: String, _ byteCount: Int) {
        let released = record.withLock { record -> [String] in
            record.read.insert(key)
            defer {
                record.handedOut.append(key)
                record.handedOutBytes += byteCount
            }
            guard record.handedOutBytes >= Self.residentBytes else { return [] }
            defer {
                record.handedOut = []
                record.handedOutBytes = 0
            }
            return record.handedOut
        }
        store.dropPages(of: released)
    }
}

extension Shape {
    /// `[O, I, 1, 1]` as `[O, I]`; any other shape as it is.
    fileprivate var withoutUnitKernel: Shape {
        rank == 4 && extents[2] == 1 && extents[3] == 1 ? [extents[0], extents[1]] : self
    }
}
