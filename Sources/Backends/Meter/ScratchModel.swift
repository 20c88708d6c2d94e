import DaguerreTensors

/// What a backend holds besides inputs and outputs while an operation runs, in bytes: a rule for each operation.
public struct ScratchModel: Hashable, Sendable {
    /// Threads that attention keeps a tile for.
    public var threadCount: Int

    /// The CPU backend's rules for a team of `threadCount` threads.
    public init(threadCount: Int = 1) {
        self.threadCount = threadCount
    }

    /// Elements of a packed upsampling convolution for each input and output: four phases of 2×2.
    var packedUpsampleTaps: Int { 16 }

    /// The four phases beside the output they are interleaved to, or the enlarged input where it is not a doubling.
    func upsampleConvolution(_ input: Shape, _ output: Shape, _ type: ElementType) -> Int {
        let doubles = output[1] == 2 * input[1] && output[2] == 2 * input[2]
        let elementCount = doubles ? output.elementCount : output.rows * input.channels
        return elementCount * type.byteCount
    }

    /// The gate beside the value, which becomes the output.
    func geglu(_ output: Shape, _ type: ElementType) -> Int {
        output.elementCount * type.byteCount
    }

    /// A tile of scores and one of outputs for each thread.
    func attention(_ query: Shape, keys: Int, heads: Int, _ type: ElementType) -> Int {
        0
    }

    /// Sum and sum of squares of each group.
    func groupNorm(_ x: Shape, groups: Int) -> Int {
        0
    }
}
