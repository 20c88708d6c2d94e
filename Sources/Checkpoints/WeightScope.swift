public import DaguerreTensors

/// A path in the checkpoint and the backend that its weights go to.
///
/// A layer is constructed from it, so nothing half-loaded exists. A tensor that is absent or misshapen does not stop
/// the construction: the ledger lists all of them in ``WeightLedger/verify()``.
public struct WeightScope: Sendable {
    /// Prepares the weights.
    public let backend: any Backend
    /// Where this scope is: `down_blocks.0.resnets.1`; empty at the root.
    public let path: String

    private let ledger: WeightLedger

    /// The scope at `prefix` of the ledger's store.
    public init(_ ledger: WeightLedger, backend: any Backend, prefix: String = "") {
        self.ledger = ledger
        self.backend = backend
        path = prefix
    }

    /// The scope one component further down: `conv1`.
    public subscript(name: String) -> WeightScope {
        WeightScope(ledger, backend: backend, prefix: key(name))
    }

    /// The scope one number further down.
    public subscript(index: Int) -> WeightScope { self[String(index)] }

    /// Whether the checkpoint has tensor `name` here: `bias`.
    public func has(_ name: String) -> Bool { ledger.store.entry(key(name)) != nil }

    /// Tensor `name` in `shape`, marked as read.
    ///
    /// `[O, I]` may also be stored as `[O, I, 1, 1]` and the other way round. A tensor that is missing, misshapen or of
    /// whole numbers is recorded in the ledger, and one that has a shape but no bytes is returned.
    public func tensor(_ name: String, _ shape: Shape) -> HostTensor { ledger.tensor(key(name), shape) }

    /// The shape of tensor `name` as stored, without marking it as read.
    public func shape(of name: String) -> Shape? { ledger.store.entry(key(name))?.shape }

    private func key(_ name: String) -> String { path.isEmpty ? name : path + "." + name }
}
