import CKernels
import CVendor
import DaguerreTensors

/// Brings weights into a layout of oneDNN's, some outputs at a time on every thread of the team.
///
/// Each part goes from the checkpoint's element type to float32 or bfloat16 in a small buffer, and from there to its
/// place, so that no second copy of a weight ever exists.
struct WeightPacking {
    /// A weight as oneDNN names its axes, and where checkpoints have them.
    struct Geometry {
        let dims: [Int]
        /// Where the axes lie in the checkpoint's dense order.
        let strides: [Int]
        /// The axis that counts outputs; it is the checkpoint's first.
        let outputAxis: Int

        static func matrix(_ extent: MatrixExtent) -> Geometry {
            Geometry(dims: [extent.inputs, extent.outputs], strides: [1, extent.inputs], outputAxis: 1)
        }

        static func convolution(_ extent: ConvolutionExtent) -> Geometry {
            Geometry(dims: extent.dims, strides: MemoryDescriptor.denseStrides(extent.dims), outputAxis: 0)
        }
    }

    /// A layout, and the element type in it.
    struct Target {
        let layout: MemoryDescriptor
        let type: ElementType
        let base: UnsafeMutableRawPointer
    }

    /// What comes of a range of outputs: their elements, dense, in `staging` or elsewhere.
    typealias Part = (_ outputs: Range<Int>, _ staging: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer

    let session: VendorSession
    let team: Team
    let arena: MemoryArena

    /// Outputs that are packed at once; layouts have blocks of 16, 32, 48 or 64 of them.
    private static let outputsAtOnce = [64, 48]

    /// Packs `weight`.
    func pack(_ weight: WeightSource, _ geometry: Geometry, to target: Target) throws(BackendError) {
        let elementsOfOutput = geometry.dims.reduce(1, *) / max(geometry.dims[geometry.outputAxis], 1)
        try pack(
            weight.partType, geometry, to: target,
            stagingByteCount: { $0 * elementsOfOutput * weight.stagingBytesOfElement }
        ) { outputs, staging in
            let elements = outputs.lowerBound * elementsOfOutput..<outputs.upperBound * elementsOfOutput
            return weight.elements(elements, staging: staging)
        }
    }

    /// Packs what `part` yields for ranges of outputs, as elements of `type`.
    func pack(
        _ type: ElementType, _ geometry: Geometry, to target: Target, stagingByteCount: (_ outputs: Int) -> Int,
        part: Part
    ) throws(BackendError) {
        let cut = try cut(geometry, target)
        var partDims = geometry.dims
        partDims[geometry.outputAxis] = cut.outputs
        let plain = try MemoryDescriptor(session.library, partDims, type, strides: geometry.strides)
        let reorder = try Reorder(session.library, from: plain, to: cut.layout)
        // Padding is zero, whatever lay there before.
        if target.layout.byteCount > geometry.dims.reduce(1, *) * target.type.byteCount {
            target.base.initializeMemory(as: UInt8.self, repeating: 0, count: target.layout.byteCount)
        }
        let partByteCount = MemoryArena.size(stagingByteCount(cut.outputs))
        let ownByteCount = partByteCount + MemoryArena.size(reorder.scratchByteCount)
        let staging = try arena.allocate(team.size * ownByteCount)
        defer { arena.release(staging, byteCount: team.size * ownByteCount) }
        try team.run(cut.count) { (index, worker) throws(BackendError) in
            let own = staging + worker * ownByteCount
            try reorder.execute(
                from: part(index * cut.outputs..<(index + 1) * cut.outputs, own),
                to: target.base + index * cut.stride, scratch: own + partByteCount, on: session.streams[worker])
        }
    }

    /// How a weight is cut: parts of so many outputs, so many bytes apart.
    private struct Cut {
        let outputs, count, stride: Int
        let layout: MemoryDescriptor
    }

    private func cut(_ geometry: Geometry, _ target: Target) throws(BackendError) -> Cut {
        let outputs = geometry.dims[geometry.outputAxis]
        for partOutputs in Self.outputsAtOnce where outputs % partOutputs == 0 && outputs > partOutputs {
            var dims = geometry.dims
            dims[geometry.outputAxis] = partOutputs
            var start = [Int](repeating: 0, count: dims.count)
            guard let first = try target.layout.part(dims, at: start) else { continue }
            start[geometry.outputAxis] = partOutputs
            guard let second = try target.layout.part(dims, at: start) else { continue }
            // Only where outputs are the outermost blocks does one descriptor serve every part.
            let count = outputs / partOutputs
            let stride = second.elementOffset * target.type.byteCount
            guard stride * count == target.layout.byteCount else { continue }
            return Cut(outputs: partOutputs, count: count, stride: stride, layout: first)
        }
        return Cut(outputs: outputs, count: 1, stride: 0, layout: target.layout)
    }
}
