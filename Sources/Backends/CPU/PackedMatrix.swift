import CKernels
import CVendor
import DaguerreTensors

/// A matrix and its bias, packed for oneDNN or for our own kernel.
final class PackedMatrix: WeightStorage, @unchecked Sendable {  // guarded by: one caller at a time, as the backend's is
    let extent: MatrixExtent
    /// Nil where our own kernel takes the matrix.
    let layout: MemoryDescriptor?
    /// The packed matrix, then the bias as float32; zeros if the layer has none.
    let buffer: CPUBuffer
    private let biasOffset: Int
    /// The same matrix packed for our own kernel, once oneDNN has refused a product.
    var own: CPUBuffer?

    var byteCount: Int { buffer.byteCount + (own?.byteCount ?? 0) }
    var bias: UnsafeMutablePointer<Float> {
        (buffer.base + biasOffset).assumingMemoryBound(to: Float.self)
    }

    init(_ extent: MatrixExtent, layout: MemoryDescriptor?, buffer: CPUBuffer, biasOffset: Int) {
        self.extent = extent
        self.layout = layout
        self.buffer = buffer
        self.biasOffset = biasOffset
    }
}

/// A convolution's weights and bias, packed for oneDNN or for our own kernel.
final class PackedConvolution: WeightStorage, @unchecked Sendable {  // guarded by: as ``PackedMatrix``
    let extent: ConvolutionExtent
    /// Nil where our own kernel takes the weights.
    private(set) var layout: MemoryDescriptor?
    private(set) var buffer: CPUBuffer
    /// float32 `[outputs]`; zeros if the layer has none.
    let bias: CPUBuffer
    /// The same weights packed for our own kernel, once oneDNN has refused a convolution.
    var own: CPUBuffer?

    var byteCount: Int { buffer.byteCount + bias.byteCount + (own?.byteCount ?? 0) }

    init(_ extent: ConvolutionExtent, layout: MemoryDescriptor?, buffer: CPUBuffer, bias: CPUBuffer) {
        self.extent = extent
        self.layout = layout
        self.buffer = buffer
        self.bias = bias
    }

    /// Holds the weights in another layout from now on.
    func replace(layout: MemoryDescriptor, buffer: CPUBuffer) {
        self.layout = layout
        self.buffer = buffer
    }
}

/// A 3×3 convolution of an enlargement: four 2×2 convolutions of the small image, one for each parity of row and column.
final class PackedUpsampleConvolution: WeightStorage, @unchecked Sendable {  // guarded by: as ``PackedMatrix``
    /// Phase 2p + r makes the rows of parity p and the columns of parity r.
    let phases: [PackedConvolution]
    /// The checkpoint's own weight, for enlargements that are no doubling.
    let weight: HostTensor
    let bias: HostTensor?
    /// `weight` packed, once there was such an enlargement.
    var whole: PackedConvolution?

    var byteCount: Int { phases.reduce(0) { $0 + $1.byteCount } + (whole?.byteCount ?? 0) }

    init(phases: [PackedConvolution], weight: HostTensor, bias: HostTensor?) {
        self.phases = phases
        self.weight = weight
        self.bias = bias
    }
}

/// Scale and shift of a normalisation, float32.
final class PackedNorm: WeightStorage {
    private let buffer: CPUBuffer
    private let channels: Int

    var byteCount: Int { buffer.byteCount }
    var scale: UnsafeMutablePointer<Float> { buffer.base.assumingMemoryBound(to: Float.self) }
    var shift: UnsafeMutablePointer<Float> { scale + channels }

    init(buffer: CPUBuffer, channels: Int) {
        self.buffer = buffer
        self.channels = channels
    }
}
