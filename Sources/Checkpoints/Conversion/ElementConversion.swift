import DaguerreTensors

/// Turns a tensor's elements into another type, a piece at a time.
struct ElementConversion {
    /// Elements of one piece, so that memory stays bounded.
    private static let pieceCount = 1 << 18

    /// Numbers that became infinite because the new type has none so large.
    private(set) var overflowCount = 0

    /// Calls `body` with the bytes of `tensor` as `elementType`, piece by piece, until it returns a reason to stop.
    mutating func forEachPiece(
        of tensor: HostTensor, as elementType: ElementType, _ body: (UnsafeRawBufferPointer) -> String?
    ) -> String? {
        guard tensor.elementType != elementType else { return tensor.withUnsafeBytes { body($0) } }
        let flat = tensor.reshaped([tensor.shape.elementCount])
        var start = 0
        while start < flat.shape[0] {
            let end = min(start + Self.pieceCount, flat.shape[0])
            let values = flat.slice(start..<end).floats
            let reason: String?
            switch elementType {
            case .float16: reason = write(values.map(HalfPrecision.float16), body)
            case .bfloat16: reason = write(values.map(HalfPrecision.bfloat16), body)
            default: reason = values.withUnsafeBytes { body($0) }
            }
            if elementType == .float16 {
                overflowCount += values.count { $0.isFinite && HalfPrecision.float16($0) & 0x7fff == 0x7c00 }
            }
            if let reason { return reason }
            start = end
        }
        return nil
    }

    private func write(_ bits: [UInt16], _ body: (UnsafeRawBufferPointer) -> String?) -> String? {
        bits.withUnsafeBytes { body($0) }
    }
}
