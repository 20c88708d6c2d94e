/// A parameter in a backend's own packed layout; the backend that made it casts it back.
public protocol WeightStorage: AnyObject, Sendable {
    /// Bytes that the packed parameter takes.
    var byteCount: Int { get }
}

/// Rows and columns of zeros around an image.
public struct Padding: Hashable, Sendable {
    public let top, left, bottom, right: Int

    /// The given rows and columns on each side.
    public init(top: Int, left: Int, bottom: Int, right: Int) {
        self.top = top
        self.left = left
        self.bottom = bottom
        self.right = right
    }

    /// As much on every side.
    public init(_ all: Int) {
        self.init(top: all, left: all, bottom: all, right: all)
    }
}

/// A square convolution's weight and bias, prepared by a backend.
public struct ConvolutionWeight: Sendable {
    /// The checkpoint's path of the layer, for errors: `down_blocks.0.resnets.1.conv1`.
    public let name: String
    public let inputChannels, outputChannels: Int
    /// Side of the square kernel, and the step between its positions.
    public let kernel, stride: Int
    /// Zeros around the input.
    public let padding: Padding
    /// The backend's memory.
    public let storage: any WeightStorage

    /// Called by backends.
    public init(
        name: String, inputChannels: Int, outputChannels: Int, kernel: Int, stride: Int, padding: Padding,
        storage: any WeightStorage
    ) {
        self.name = name
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.storage = storage
    }

    /// The shape that `x [N, H, W, inputChannels]` is turned into.
    public func outputShape(_ x: Shape) -> Shape {
        [
            x[0], (x[1] + padding.top + padding.bottom - kernel) / stride + 1,
            (x[2] + padding.left + padding.right - kernel) / stride + 1, outputChannels,
        ]
    }
}

/// A 3×3 convolution of a nearest-neighbour enlargement, prepared by a backend.
public struct UpsampleConvolutionWeight: Sendable {
    /// The checkpoint's path of the layer, for errors.
    public let name: String
    public let inputChannels, outputChannels: Int
    /// The backend's memory.
    public let storage: any WeightStorage

    /// Called by backends.
    public init(name: String, inputChannels: Int, outputChannels: Int, storage: any WeightStorage) {
        self.name = name
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        self.storage = storage
    }
}

/// A matrix `[outputFeatures, inputFeatures]` and its bias, prepared by a backend.
public struct LinearWeight: Sendable {
    /// The checkpoint's path of the layer, for errors.
    public let name: String
    public let inputFeatures, outputFeatures: Int
    /// The backend's memory.
    public let storage: any WeightStorage

    /// Called by backends.
    public init(name: String, inputFeatures: Int, outputFeatures: Int, storage: any WeightStorage) {
        self.name = name
        self.inputFeatures = inputFeatures
        self.outputFeatures = outputFeatures
        self.storage = storage
    }
}

/// The scale and shift of a normalisation, one of each per channel, in float32.
public struct NormWeight: Sendable {
    /// The checkpoint's path of the layer, for errors.
    public let name: String
    /// How many there are of each.
    public let channels: Int
    /// The backend's memory.
    public let storage: any WeightStorage

    /// Called by backends.
    public init(name: String, channels: Int, storage: any WeightStorage) {
        self.name = name
        self.channels = channels
        self.storage = storage
    }
}
