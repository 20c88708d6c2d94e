import DaguerreTensors

/// How a tensor of a store is made of those that a file holds under other names.
///
/// A part of a tensor's rows is viewed in place; only joining and transposing copy, one tensor at a time.
struct WeightView: Hashable, Sendable {
    /// A stored tensor or some of its rows.
    struct Part: Hashable, Sendable {
        let key: String
        /// Entries of the first axis, all of them if nil.
        let rows: Range<Int>?
    }

    /// What is joined along the first axis; one part in most cases.
    let parts: [Part]
    /// Whether the one matrix is turned over.
    let isTransposed: Bool
    /// What comes out.
    let shape: Shape

    /// The whole of tensor `key`, which has as many elements as `shape`.
    static func whole(_ key: String, as shape: Shape) -> WeightView {
        WeightView(parts: [Part(key: key, rows: nil)], isTransposed: false, shape: shape)
    }

    /// Rows of tensor `key`.
    static func rows(_ rows: Range<Int>, of key: String, in shape: Shape) -> WeightView {
        WeightView(parts: [Part(key: key, rows: rows)], isTransposed: false, shape: shape.withBatch(rows.count))
    }

    /// The matrix `key [rows, columns]` as `[columns, rows]`.
    static func transposed(_ key: String, from shape: Shape) -> WeightView {
        WeightView(parts: [Part(key: key, rows: nil)], isTransposed: true, shape: [shape[1], shape[0]])
    }

    /// The tensors `keys`, of one element type and of one shape but for the first extent, one after the other.
    static func joined(_ keys: [String], as shape: Shape) -> WeightView {
        WeightView(parts: keys.map { Part(key: $0, rows: nil) }, isTransposed: false, shape: shape)
    }

    /// Makes the tensor of the stored ones that `stored` hands out.
    func tensor(_ stored: (String) -> HostTensor?) -> HostTensor? {
        var tensors: [HostTensor] = []
        for part in parts {
            guard let tensor = stored(part.key) else { return nil }
            tensors.append(part.rows.map(tensor.slice) ?? tensor)
        }
        guard let first = tensors.first else { return nil }
        if isTransposed { return transpose(first) }
        return tensors.count == 1 ? first.reshaped(shape) : join(tensors)
    }

    private func join(_ tensors: [HostTensor]) -> HostTensor {
        HostTensor(shape: shape, elementType: tensors[0].elementType) { target in
            var offset = 0
            for tensor in tensors {
                tensor.withUnsafeBytes { source in
                    UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: source)
                    offset += source.count
                }
            }
        }
    }

    private func transpose(_ matrix: HostTensor) -> HostTensor {
        let size = matrix.elementType.byteCount
        let (rows, columns) = (shape[0], shape[1])
        return HostTensor(shape: shape, elementType: matrix.elementType) { target in
            matrix.withUnsafeBytes { source in
                for row in 0..<rows {
                    for column in 0..<columns {
                        let (to, from) = ((row * columns + column) * size, (column * rows + row) * size)
                        for byte in 0..<size { target[to + byte] = source[from + byte] }
                    }
                }
            }
        }
    }
}
