import CKernels
public import DaguerreTensors

extension CPUBackend {
    /// Memory for a result, and the result's tensor, whose elements are still to be written.
    func makeTensor(
        _ shape: Shape, _ elementType: ElementType
    ) throws(BackendError) -> (tensor: Tensor, base: UnsafeMutableRawPointer) {
        let buffer = try CPUBuffer(byteCount: shape.elementCount * elementType.byteCount, arena: arena, ledger: ledger)
        return (Tensor(shape: shape, elementType: elementType, storage: buffer), buffer.base)
    }

    /// Calls `body` with scratch space, which is counted meanwhile; nil for no bytes.
    func withScratch<R>(
        _ byteCount: Int, _ body: (UnsafeMutableRawPointer?) throws(BackendError) -> R
    ) throws(BackendError) -> R {
        guard byteCount > 0 else { return try body(nil) }
        let buffer = try CPUBuffer(byteCount: byteCount, arena: arena, ledger: ledger)
        let result = try body(buffer.base)
        withExtendedLifetime(buffer) {}
        return result
    }

    /// Where the elements of `x` begin; `x` must outlive the pointer's use.
    func elements(_ x: Tensor, _ operation: String) throws(BackendError) -> UnsafeMutableRawPointer {
        guard let buffer = x.storage as? CPUBuffer else { throw .foreignStorage(operation: operation) }
        return buffer.base + x.offset * x.elementType.byteCount
    }

    /// `x` itself if it has `elementType`, else a rounded copy.
    func tensor(_ x: Tensor, as elementType: ElementType, _ operation: String) throws(BackendError) -> Tensor {
        guard x.elementType != elementType else { return x }
        let (result, base) = try makeTensor(x.shape, elementType)
        daguerre_convert(
            team.handle, x.elementType.kernelType, try elements(x, operation), elementType.kernelType, base,
            x.shape.elementCount)
        return result
    }

    func checkType(_ elementType: ElementType, _ operation: String) throws(BackendError) {
        guard elementType == .float32 || elementType == activationType else {
            throw .unsupportedElementType(operation: operation, elementType)
        }
    }
}

// Each operation is its protocol's.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
    public func upload(_ host: HostTensor, as elementType: ElementType) throws -> Tensor {
        try checkType(elementType, "upload")
        let (result, base) = try makeTensor(host.shape, elementType)
        try WeightSource.with(host, for: elementType, team: team) { source in
            source.write(host.shape.elementCount, as: elementType, to: base)
        }
        return result
    }

    public func download(_ x: Tensor) throws -> HostTensor {
        let source = try elements(x, "download")
        return HostTensor(shape: x.shape, elementType: .float32) { bytes in
            guard let base = bytes.baseAddress else { return }
            daguerre_convert(
                team.handle, x.elementType.kernelType, source, DAGUERRE_FLOAT32, base, x.shape.elementCount)
        }
    }

    public func convert(_ x: Tensor, to elementType: ElementType) throws -> Tensor {
        try checkType(elementType, "convert")
        return try tensor(x, as: elementType, "convert")
    }

    public func concatenateChannels(_ tensors: [Tensor]) throws -> Tensor {
        precondition(!tensors.isEmpty, "there is a tensor to join")
        let type = tensors[0].elementType
        let parts = try tensors.map { try tensor($0, as: type, "concatenateChannels") }
        let channels = parts.map(\.shape.channels)
        let (result, base) = try makeTensor(tensors[0].shape.withChannels(channels.reduce(0, +)), type)
        let sources = try parts.map { UnsafeRawPointer(try elements($0, "concatenateChannels")) as UnsafeRawPointer? }
        daguerre_concatenate_channels(
            team.handle, type.byteCount, parts.count, sources, channels, base, result.shape.rows)
        withExtendedLifetime(parts) {}
        return result
    }

    public func concatenateBatch(_ tensors: [Tensor]) throws -> Tensor {
        precondition(!tensors.isEmpty, "there is a tensor to join")
        let type = tensors[0].elementType
        let batch = tensors.reduce(0) { $0 + $1.shape[0] }
        let (result, base) = try makeTensor(tensors[0].shape.withBatch(batch), type)
        var end = base
        for x in tensors {
            let source = try elements(x, "concatenateBatch")
            daguerre_convert(
                team.handle, x.elementType.kernelType, source, type.kernelType, end, x.shape.elementCount)
            end += x.shape.elementCount * type.byteCount
        }
        return result
    }

    public func periodicWindow(_ x: Tensor, rows: Range<Int>, columns: Range<Int>) throws -> Tensor {
        precondition(x.shape.rank == 4 && x.shape[1] > 0 && x.shape[2] > 0, "x is [N, H, W, C], H and W at least 1")
        let source = try elements(x, "periodicWindow")
        let (result, base) = try makeTensor([x.shape[0], rows.count, columns.count, x.shape.channels], x.elementType)
        daguerre_periodic_window(
            team.handle, x.elementType.byteCount, source, base, x.shape[0], x.shape[1], x.shape[2], x.shape.channels,
            rows.lowerBound, columns.lowerBound, rows.count, columns.count)
        withExtendedLifetime(x) {}
        return result
    }

    public func isFinite(_ x: Tensor) throws -> Bool {
        daguerre_is_finite(
            team.handle, x.elementType.kernelType, try elements(x, "isFinite"), x.shape.elementCount)
    }
}
