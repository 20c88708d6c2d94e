public import DaguerreTensors

/// How a model is loaded and run; `nil` leaves the choice to Daguerre.
public struct EngineOptions: Equatable, Sendable {
    /// What weights and activations are rounded to: bfloat16 where the processor computes in it, else float32.
    public var precision: Precision?
    /// Threads: as many as physical cores are available to the process.
    public var threads: Int?
    /// Whether weights are mapped (true) or read: mapped, except on network file systems.
    public var mapsWeights: Bool?

    /// Leaves every choice to Daguerre.
    public init(precision: Precision? = nil, threads: Int? = nil, mapsWeights: Bool? = nil) {
        self.precision = precision
        self.threads = threads
        self.mapsWeights = mapsWeights
    }
}
