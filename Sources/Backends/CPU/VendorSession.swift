import CVendor
import DaguerreTensors

/// One backend's use of oneDNN: its streams, and the primitives and layouts that it has made.
///
/// Used by one thread at a time, as the backend is.
final class VendorSession {
    let library: OneDNN
    /// Threads that a primitive may use.
    let threadCount: Int
    /// One for each member of the team; the first is the caller's.
    let streams: [OpaquePointer]

    /// Nil stands for a problem that oneDNN refuses.
    private var matmuls = BoundedCache<MatmulProblem, CompiledPrimitive?>(capacity: VendorSession.primitiveCapacity)
    private var convolutions = BoundedCache<ConvolutionProblem, CompiledPrimitive?>(
        capacity: VendorSession.primitiveCapacity)
    private var matrixLayouts: [MatrixExtent: MemoryDescriptor?] = [:]
    private var convolutionLayouts: [ConvolutionProblem: MemoryDescriptor?] = [:]

    /// Several times what a picture of one size takes: some hundred products and convolutions for Stable Diffusion.
    private static let primitiveCapacity = 1024

    init(_ library: OneDNN, threadCount: Int) throws(BackendError) {
        self.library = library
        self.threadCount = threadCount
        var streams: [OpaquePointer] = []
        for _ in 0..<threadCount {
            var stream: OpaquePointer?
            let status = library.functions.stream_create(
                &stream, library.engine, UInt32(DAGUERRE_DNNL_IN_ORDER))
            guard status == 0, let stream else {
                for stream in streams { _ = library.functions.stream_destroy(stream) }
                throw .vendor(operation: "stream", status: Int(status))
            }
            streams.append(stream)
        }
        self.streams = streams
    }

    deinit {
        for stream in streams { _ = library.functions.stream_destroy(stream) }
    }

    /// The primitive for `problem`, made at the first call; nil where oneDNN has none that is fast.
    func matmul(_ problem: MatmulProblem) throws(BackendError) -> CompiledPrimitive? {
        try matmuls.value(for: problem) { () throws(BackendError) in
            try problem.compile(library, threadCount: threadCount)
        }
    }

    /// The primitive for `problem`, made at the first call; nil where oneDNN does not take the weights' layout.
    func convolution(_ problem: ConvolutionProblem) throws(BackendError) -> CompiledPrimitive? {
        try convolutions.value(for: problem) { () throws(BackendError) in
            try problem.compile(library, threadCounts: threadCounts)
        }
    }

    /// The layout in which oneDNN wants a matrix, one object for each extent.
    func layout(of matrix: MatrixExtent) throws(BackendError) -> MemoryDescriptor? {
        if let known = matrixLayouts[matrix] { return known }
        let layout = try matrix.layout(library, threadCount: threadCount)
        matrixLayouts[matrix] = .some(layout)
        return layout
    }

    /// The layout in which oneDNN wants the weights of `problem`; equal ones are one object.
    ///
    /// It is asked as for a single thread, so that it does not depend on how many there are.
    func layout(of problem: ConvolutionProblem) throws(BackendError) -> MemoryDescriptor? {
        if let known = convolutionLayouts[problem] { return known }
        var layout = try problem.layout(library)
        if let made = layout {
            let equal = convolutionLayouts.values.first { $0?.isEqual(to: made) ?? false }
            layout = (equal ?? nil) ?? made
        }
        convolutionLayouts[problem] = .some(layout)
        return layout
    }

    /// Numbers of threads to try, best first: a layout of weights may not suit every number.
    private var threadCounts: [Int] {
        var counts = [threadCount, threadCount - 1, threadCount - 2, threadCount - 3, threadCount * 3 / 4]
        var half = threadCount / 2
        while half > 0 {
            counts.append(half)
            half /= 2
        }
        var seen: Set<Int> = []
        return counts.filter { $0 > 0 && seen.insert($0).inserted }.sorted(by: >)
    }
}
