import DaguerreTensors
import Synchronization

/// Adapters' matrices in a backend's own layout, kept from request to request up to a number of bytes.
///
/// It belongs to one model on one backend, whose memory report counts what is kept. A request holds what it uses for as
/// long as it runs, so a small limit costs time, never a result.
public final class PreparedAdapters: Sendable {
    /// What a matrix was made for.
    struct Key: Hashable, Sendable {
        let component: AdapterComponent
        /// The path of the layer.
        let layer: String
        /// Of a convolution: a wrapper may pad by itself.
        let padding: Padding?
        let form: Form
    }

    /// What of a layer's adapters a matrix holds.
    enum Form: Hashable, Sendable {
        /// One adapter's own product.
        case sidePath(digest: String)
        /// The base weight with all of them, as strong as a request wanted them.
        case merged([LayerAdaptations.PartKey])
    }

    private struct Entry {
        let layer: PreparedLayer
        var lastUse: UInt64
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var clock: UInt64 = 0

        /// Summed anew each time: a backend may keep a second form of a weight once it has needed one.
        var byteCount: Int { entries.values.reduce(0) { $0 + $1.layer.byteCount } }
    }

    let target: AdapterTarget
    private let limitBytes: Int
    private let state = Mutex(State())

    /// Keeps at most `limitBytes` for adapters of `target`.
    public init(_ target: AdapterTarget, limitBytes: Int = 1 << 30) {
        self.target = target
        self.limitBytes = limitBytes
    }

    /// Bytes that are kept now.
    public var byteCount: Int { state.withLock { $0.byteCount } }

    /// Forgets everything that no running request holds.
    public func removeAll() {
        let entries = state.withLock { state in
            defer { state = State() }
            return state.entries
        }
        withExtendedLifetime(entries) {}  // freed outside the lock
    }

    /// The layer for `key`, which `make` makes if there is none; what was not used for longest makes room.
    func layer(for key: Key, make: () throws -> PreparedLayer) throws -> PreparedLayer {
        let known = state.withLock { state -> PreparedLayer? in
            state.clock += 1
            state.entries[key]?.lastUse = state.clock
            return state.entries[key]?.layer
        }
        if let known { return known }
        let layer = try make()
        let evicted = state.withLock { state -> [Entry] in
            var evicted: [Entry] = []
            guard layer.byteCount <= limitBytes else { return evicted }
            state.clock += 1
            if let old = state.entries.updateValue(Entry(layer: layer, lastUse: state.clock), forKey: key) {
                evicted.append(old)
            }
            var byteCount = state.byteCount
            while byteCount > limitBytes,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.entries[oldest.key] = nil
                byteCount -= oldest.value.layer.byteCount
                evicted.append(oldest.value)
            }
            return evicted
        }
        withExtendedLifetime(evicted) {}  // freed outside the lock
        return layer
    }
}

/// What an adapted layer computes with, in place of its base weight or beside it.
enum PreparedLayer: Sendable {
    case sidePath(SidePath)
    case linear(LinearWeight)
    case gated(value: LinearWeight, gate: LinearWeight)
    case convolution(ConvolutionWeight)
    /// The host's copy is what the backend may pack anew for a size that is no doubling.
    case upsampleConvolution(UpsampleConvolutionWeight, hostBytes: Int)
    case norm(NormWeight)

    var byteCount: Int {
        switch self {
        case .sidePath(let path): path.byteCount
        case .linear(let weight): weight.storage.byteCount
        case .gated(let value, let gate): value.storage.byteCount + gate.storage.byteCount
        case .convolution(let weight): weight.storage.byteCount
        case .upsampleConvolution(let weight, let hostBytes): weight.storage.byteCount + hostBytes
        case .norm(let weight): weight.storage.byteCount
        }
    }
}
