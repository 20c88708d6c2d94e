public import DaguerreModels
public import DaguerreTensors

/// A picture that a run is to follow, and the network that reads it.
public struct ControlUse: Sendable {
    /// Who reads the picture; built on the backend that draws.
    public enum Network: Sendable {
        /// Evaluated at every step.
        case controlNet(ControlNet)
        /// Evaluated once.
        case t2iAdapter(T2IAdapter)
    }

    /// Who reads the picture.
    public var network: Network
    /// The picture for a size of the drawing: `[1, H, W, 3]` from 0 to 1, −1 where inpainting is to fill in.
    public var picture: @Sendable (PixelSize) throws -> HostTensor
    /// How much of what the network says is added.
    public var weight: Double
    /// How a ControlNet and the prompt share the say.
    public var mode: ControlMode
    /// The share of the steps at which it begins and ends, each from 0 to 1.
    public var start, end: Double

    /// Follows `picture` from the first step to the last.
    public init(
        _ network: Network, weight: Double = 1, mode: ControlMode = .balanced, start: Double = 0, end: Double = 1,
        picture: @escaping @Sendable (PixelSize) throws -> HostTensor
    ) {
        self.network = network
        self.picture = picture
        self.weight = weight
        self.mode = mode
        self.start = start
        self.end = end
    }
}
