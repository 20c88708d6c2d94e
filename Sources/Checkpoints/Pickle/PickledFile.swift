public import DaguerreTensors

/// A file of `torch.save` whose tensors another process has listed.
///
/// The list is believed no more than the file: every place in it is checked against the file's size.
public struct PickledFile: TensorFile {
    /// The file's base name.
    public let name: String
    /// Whole numbers beside the weights: `global_step`.
    public let metadata: [String: String]
    /// All tensors in the order of their bytes.
    public let entries: [SafetensorsEntry]

    private let bytes: HostBytes
    private let index: [String: Int]
    /// Of the tensors whose elements do not lie in order.
    private let strides: [String: [Int]]

    /// Checks `listing`, which is of the file `bytes`.
    ///
    /// - Throws: ``CheckpointError/pickle(file:problem:)``.
    public init(name: String, bytes: HostBytes, listing: [UInt8]) throws(CheckpointError) {
        let problem = CheckpointError.pickle(file: name, problem: "its list of tensors is not sound")
        let value: JSONValue
        do {
            value = try JSONText.parse(listing, maximumDepth: 4)
        } catch {
            throw problem
        }
        guard case .array(let tensors)? = value["tensors"], case .object(let texts)? = value["metadata"],
            tensors.count <= SafetensorsLimits.tensorCount
        else { throw problem }
        var entries: [SafetensorsEntry] = []
        var strides: [String: [Int]] = [:]
        for tensor in tensors {
            guard let (entry, gaps) = Self.entry(tensor, byteCount: bytes.count) else { throw problem }
            entries.append(entry)
            strides[entry.key] = gaps
        }
        entries.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
        index = Dictionary(entries.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
        guard index.count == entries.count else { throw problem }
        self.name = name
        self.bytes = bytes
        self.entries = entries
        self.strides = strides
        metadata = texts.reduce(into: [:]) { metadata, member in
            if case .string(let text) = member.value { metadata[member.name] = text }
        }
    }

    /// A tensor's place, and its strides where its elements do not lie in order.
    private static func entry(_ value: JSONValue, byteCount: Int) -> (SafetensorsEntry, [Int]?)? {
        guard case .string(let key)? = value["key"], key.isSafeTensorName, case .string(let type)? = value["dtype"],
            let elementType = ElementType(safetensors: type), let shape = integers(value["shape"]),
            let given = integers(value["strides"]), case .integer(let start)? = value["start"],
            shape.count == given.count, shape.count <= SafetensorsLimits.rank, (0...byteCount).contains(start)
        else { return nil }
        // Where there is one entry, no step is taken.
        let strides = zip(shape, given).map { $0 > 1 ? $1 : 0 }
        // Zeros count as ones: the product of any of the extents can be taken without overflow.
        var size = elementType.byteCount
        var reach = 0
        var ordered: [Int] = []
        for (extent, stride) in zip(shape, strides).reversed() {
            ordered.append(size / elementType.byteCount)
            let (product, overflows) = size.multipliedReportingOverflow(by: max(extent, 1))
            let (step, steps) = max(extent - 1, 0).multipliedReportingOverflow(by: stride)
            let (sum, sums) = reach.addingReportingOverflow(step)
            guard !overflows, !steps, !sums else { return nil }
            (size, reach) = (product, sum)
        }
        if shape.contains(0) {
            let range = start..<start
            return (SafetensorsEntry(key: key, shape: Shape(shape), elementType: elementType, range: range), nil)
        }
        let isOrdered = zip(shape, zip(strides, ordered.reversed())).allSatisfy { $0 == 1 || $1.0 == $1.1 }
        guard size <= byteCount - start, reach < (byteCount - start) / elementType.byteCount else { return nil }
        let end = isOrdered ? start + size : start + (reach + 1) * elementType.byteCount
        return (
            SafetensorsEntry(key: key, shape: Shape(shape), elementType: elementType, range: start..<end),
            isOrdered ? nil : strides
        )
    }

    private static func integers(_ value: JSONValue?) -> [Int]? {
        guard case .array(let values)? = value else { return nil }
        var integers: [Int] = []
        for case .integer(let integer) in values where integer >= 0 { integers.append(integer) }
        return integers.count == values.count ? integers : nil
    }

    /// The number of bytes in the file.
    public var byteCount: Int { bytes.count }

    /// The place of tensor `key`, or nil if the file does not have it.
    public func entry(_ key: String) -> SafetensorsEntry? { index[key].map { entries[$0] } }

    /// Tensor `key`, or nil if the file does not have it; copied only where its elements do not lie in order.
    public subscript(key: String) -> HostTensor? {
        guard let entry = entry(key) else { return nil }
        guard let strides = strides[key] else {
            return HostTensor(
                shape: entry.shape, elementType: entry.elementType, bytes: bytes.view(entry.range), owner: bytes)
        }
        return gathered(entry, strides)
    }

    /// The elements in order, of a tensor that is stored in another order of its axes, say.
    private func gathered(_ entry: SafetensorsEntry, _ strides: [Int]) -> HostTensor {
        let size = entry.elementType.byteCount
        let extents = entry.shape.extents
        return HostTensor(shape: entry.shape, elementType: entry.elementType) { target in
            let source = bytes.view(entry.range)
            var indices = [Int](repeating: 0, count: extents.count)
            var from = 0
            for to in 0..<entry.shape.elementCount {
                for byte in 0..<size { target[to * size + byte] = source[from * size + byte] }
                var axis = extents.count - 1
                while axis >= 0 {
                    indices[axis] += 1
                    from += strides[axis]
                    if indices[axis] < extents[axis] { break }
                    from -= strides[axis] * extents[axis]
                    indices[axis] = 0
                    axis -= 1
                }
            }
        }
    }

    /// Starts bringing a mapped file's pages in, ahead of their use.
    public func prefetch() { bytes.prefetch() }

    /// Gives the file's pages back to the system.
    public func dropPages() { bytes.dropPages(0..<bytes.count) }

    /// Gives the pages of one tensor back.
    public func dropPages(_ entry: SafetensorsEntry) { bytes.dropPages(entry.range) }
}
