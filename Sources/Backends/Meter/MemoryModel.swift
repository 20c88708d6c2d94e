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
    /// Float32 numbers in a vector.
    private let vectorWidth: Int
    /// Whether products of pairs of bfloat16 are one instruction, so that attention packs keys and values as such.
    private let hasBFloat16Pairs: Bool

    /// Rules for a machine.
    ///
    /// - Parameter instructionSet: as the CPU backend names it: `portable`, `avx2`, `avx512` or `avx512bf16`.
    public init(threadCount: Int = 1, usesVendorLibrary: Bool = true, instructionSet: String = "avx512bf16") {
        self.threadCount = threadCount
        self.usesVendorLibrary = usesVendorLibrary
        vectorWidth = instructionSet.hasPrefix("avx512") ? 16 : instructionSet == "avx2" ? 8 : 4
        hasBFloat16Pairs = instructionSet == "avx512bf16"
    }

    /// Bytes that an allocation of `byteCount` takes: whole lines of 64.
    static func allocation(_ byteCount: Int) -> Int {
        (byteCount + 63) / 64 * 64
    }

    /// oneDNN has no bfloat16 for less than AVX-512.
    private func vendorComputes(_ type: ElementType) -> Bool {
        usesVendorLibrary && (type == .float32 || vectorWidth == 16)
    }

    // MARK: Weights

    /// `inputs` packed elements for each of `outputs`, and the biases, which are zeros where the layer has none.
    func weight(outputs: Int, inputs: Int, _ type: ElementType) -> Int {
        let packed = vendorComputes(type) ? outputs * inputs * type.byteCount : (outputs + 31) / 32 * 32 * inputs * 4
        return Self.allocation(packed) + Self.allocation(outputs * 4)
    }

    /// Four phases of 2×2, each a convolution of its own.
    func upsampleWeight(outputs: Int, inputs: Int, _ type: ElementType) -> Int {
        4 * weight(outputs: outputs, inputs: 4 * inputs, type)
    }

    // MARK: Scratch space

    /// A block of the left matrix and one of sums for each thread of our own kernel; oneDNN's needs next to nothing.
    func product(_ type: ElementType) -> Int {
        vendorComputes(type) ? 0 : threadCount * 354_816 + 64  // daguerre_gemm_scratch
    }

    /// What ``product(_:)`` takes, and float32 sums of `rows` where oneDNN has no bfloat16 products but AVX-512.
    func matrixProduct(rows: Int, outputs: Int, _ type: ElementType) -> Int {
        let sumsInFloat32 = type == .bfloat16 && vendorComputes(type) && !hasBFloat16Pairs
        return product(type) + (sumsInFloat32 ? rows * outputs * 4 : 0)
    }

    /// The four phases beside the output they are interleaved to, or the enlarged input where it is not a doubling.
    func upsampleConvolution(_ input: Shape, _ output: Shape, _ type: ElementType, doubles: Bool) -> Int {
        (doubles ? output.elementCount : output.rows * input.channels) * type.byteCount + product(type)
    }

    /// The gates of 1024 rows at a time.
    func geglu(_ output: Shape, _ type: ElementType) -> Int {
        let rows = min(output.rows, 1024)
        return rows * output.channels * type.byteCount
            + matrixProduct(rows: rows, outputs: output.channels, type)
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
