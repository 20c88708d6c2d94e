import CKernels
import DaguerreTensors

/// A checkpoint's parameter, read in parts as float32 or bfloat16.
struct WeightSource {
    /// The element type that parts come in.
    let partType: ElementType
    /// Bytes of staging that one element needs.
    let stagingBytesOfElement: Int

    private let elementType: ElementType
    private let bytes: UnsafeMutableRawPointer
    private let team: Team

    /// Calls `body` with a source for `weight`, whose parts come in its own type or in one that `type` is rounded from.
    static func with<R>(
        _ weight: HostTensor, for type: ElementType, team: Team,
        _ body: (WeightSource) throws(BackendError) -> R
    ) throws(BackendError) -> R {
        // What a checkpoint lacks stands in without bytes until its ledger is verified: zeros, so that it can be packed.
        guard !weight.isShapeOnly else {
            let zeros = [Float](repeating: 0, count: weight.shape.elementCount)
            return try with(HostTensor(zeros, shape: weight.shape), for: type, team: team, body)
        }
        switch weight.elementType {
        case .float32, .bfloat16, .float16:
            return try weight.withUnsafeBytes { bytes throws(BackendError) in
                try body(WeightSource(weight.elementType, bytes, type, team))
            }
        default:
            return try with(HostTensor(weight.floats, shape: weight.shape), for: type, team: team, body)
        }
    }

    private init(_ elementType: ElementType, _ bytes: UnsafeRawBufferPointer, _ type: ElementType, _ team: Team) {
        self.elementType = elementType
        // Nobody writes to it: oneDNN takes what it only reads as mutable, too.
        self.bytes = UnsafeMutableRawPointer(mutating: bytes.baseAddress ?? UnsafeRawPointer(team.handle))
        self.team = team
        // float16 goes to the type of the packed weight at once; the rest is as a reorder takes it.
        partType = elementType == .float16 ? type : elementType
        stagingBytesOfElement = elementType == partType ? 0 : partType.byteCount
    }

    /// Elements `range` in ``partType``, dense, at `staging` or where they lie.
    func elements(_ range: Range<Int>, staging: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let source = bytes + range.lowerBound * elementType.byteCount
        guard elementType != partType else { return source }
        daguerre_convert(
            team.handle, elementType.kernelType, source, partType.kernelType, staging, range.count)
        return staging
    }

    /// Writes the first `count` elements to `destination` as `type`.
    func write(_ count: Int, as type: ElementType, to destination: UnsafeMutableRawPointer) {
        write(0..<count, as: type, to: destination)
    }

    /// Writes elements `range` to `destination` as `type`.
    func write(_ range: Range<Int>, as type: ElementType, to destination: UnsafeMutableRawPointer) {
        let source = bytes + range.lowerBound * elementType.byteCount
        daguerre_convert(
            team.handle, elementType.kernelType, source, type.kernelType, destination, range.count)
    }
}

extension ElementType {
    /// The kernels' number for an element type that they compute in.
    var kernelType: daguerre_type {
        switch self {
        case .bfloat16: DAGUERRE_BFLOAT16
        case .float16: DAGUERRE_FLOAT16
        default: DAGUERRE_FLOAT32
        }
    }
}

extension Activation {
    /// The kernels' number for an activation.
    var kernelActivation: daguerre_activation {
        switch self {
        case .identity: DAGUERRE_IDENTITY
        case .silu: DAGUERRE_SILU
        case .gelu: DAGUERRE_GELU
        case .quickGELU: DAGUERRE_QUICK_GELU
        case .relu: DAGUERRE_RELU
        }
    }
}
