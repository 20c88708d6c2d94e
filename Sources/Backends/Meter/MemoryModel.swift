import DaguerreTensors

/// What the CPU backend holds besides inputs and outputs: packed weights, and scratch space while an operation runs.
///
/// The rules are those of its kernels and of oneDNN's preferred layouts, but for the few kilobytes by which oneDNN rounds
/// a layout up. The sizes of vectors matter little, so the defaults do for any machine with oneDNN.
public struct MemoryModel: Hashable, Sendable {
    /// Threads, each of which has a workspace in attention.
    public var threadCount: Int
    /// Whether oneDNN computes; our own kernels pack weights as float32 under each precision.
    public var usesVendorLibrary: Bool
    /// Float32 numbers in a vector: 16 with AVX-512, 8 with AVX2, 4 otherwise.
    public var vectorWidth: Int
    /// Whether products of pairs of bfloat16 are one instruction, so that attention packs keys and values as such.
    public var hasBFloat16Pairs: Bool

    /// Rules for a machine.
    public init(
        threadCount: Int = 1, usesVendorLibrary: Bool = true, vectorWidth: Int = 16, hasBFloat16Pairs: Bool = true
    ) {
        self.threadCount = threadCount
        self.usesVendorLibrary = usesVendorLibrary
        self.vectorWidth = vectorWidth
        self.hasBFloat16Pairs = hasBFloat16Pairs
    }

    /// Bytes that an allocation of `byteCount` takes: whole lines of 64.
    static func allocation(_ byteCount: Int) -> Int {
        (byteCount + 63) / 64 * 64
    }

    // MARK: Weights

    /// `inputs` packed elements for each of `outputs`, and the biases, which are zeros where the layer has none.
    func weight(outputs: Int, inputs: Int, _ type: ElementType) -> Int {
        let packed = usesVendorLibrary ? outputs * inputs * type.byteCount : (outputs + 31) / 32 * 32 * inputs * 4
        return Self.allocation(packed) + Self.allocation(outputs * 4)
    }

    /// Four phases of 2×2, each a convolution of its own.
    func upsampleWeight(outputs: Int, inputs: Int, _ type: ElementType) -> Int {
        4 * weight(outputs: outputs, inputs: 4 * inputs, type)
    }

    // MARK: Scratch space

    /// A block of the left matrix and one of sums for each thread of our own kernel; oneDNN's needs next to nothing.
    var product: Int {
        usesVendorLibrary ? 0 : threadCount * 354_816 + 64  // daguerre_gemm_scratch
    }

    /// The four phases beside the output they are interleaved to, or the enlarged input where it is not a doubling.
    func upsampleConvolution(_ input: Shape, _ output: Shape, _ type: ElementType, doubles: Bool) -> Int {
        (doubles ? output.elementCount : output.rows * input.channels) * type.byteCount + product
    }

    /// The gates of 1024 rows at a time.
    func geglu(_ output: Shape, _ type: ElementType) -> Int {
        min(output.rows, 1024) * output.channels * type.byteCount + product
    }

    /// Keys and values in panels of 128 keys, and a block of queries, scores and sums for each thread.
    func attention(key: Shape, heads: Int, _ type: ElementType) -> Int {
        let d = key.channels / heads
        let unit = type == .bfloat16 && hasBFloat16Pairs && d % 2 == 0 ? 2 : 1
        let (depth, rows) = (d / unit, vectorWidth == 16 ? 8 : 4)
        let dimensions = (d + rows - 1) / rows * rows
        let tileCount = key[0] * heads * ((key[1] + 127) / 128)
        let tileSize = 128 * depth + 128 / unit * dimensions
        let workspaceSize = (depth + 128 + dimensions) * 2 * vectorWidth
        return (tileCount * tileSize + threadCount * workspaceSize) * 4 + 64
    }

    /// Statistics of each chunk of pixels, then a center, a factor and an offset for each channel.
    func groupNorm(_ x: Shape, groups: Int) -> Int {
        let channels = max(x.channels, 1)
        let pixels = x.rows / max(x[0], 1)
        let chunkSize = max((1 << 15) / channels, 8)
        let chunks = (pixels + chunkSize - 1) / chunkSize
        return 16 + x[0] * (groups * chunks * 16 + (chunks + 1) * 3 * channels * 4)
    }
}
