import DaguerreCPU
import DaguerreReference
import DaguerreTensors
import TestSupport
import Testing

/// The oracle.
let reference: any Backend = ReferenceBackend()

/// One way to run the CPU backend, on the instruction set of this process (`DAGUERRE_ISA` chooses a lower one).
struct Subject: Sendable, CustomTestStringConvertible {
    let precision: Precision
    let usesVendorLibrary: Bool

    static let all = [Precision.float32, .bfloat16].flatMap { precision in
        [true, false].map { Subject(precision: precision, usesVendorLibrary: $0) }
    }

    var testDescription: String { "\(precision.rawValue), \(usesVendorLibrary ? "vendor library" : "own kernels")" }

    func backend(threads: Int = 2) throws -> any Backend {
        try CPUBackend(precision: precision, threads: threads, useVendorLibrary: usesVendorLibrary)
    }
}

/// How far a kernel may be from the reference, given inputs and outputs of order one.
///
/// float32: sums of up to 12 000 products in another order, and functions to 1e-6. bfloat16: inputs are rounded for both
/// sides, so what is left is the rounding of the output and of attention's weights, 2⁻⁹ of their size each.
enum KernelTolerance {
    static func elementwise(_ type: ElementType) -> Tolerance {
        type == .float32 ? .elementwise(absolute: 1e-5, relative: 1e-5) : .elementwise(absolute: 1e-2, relative: 1e-2)
    }

    static func whole(_ type: ElementType) -> Tolerance {
        .relativeL2(type == .float32 ? 3e-6 : 4e-3)
    }

    /// One unit in the last place of a frequency turns the angle of timestep 999 by 6e-5.
    static let timestepEmbedding = Tolerance.elementwise(absolute: 1.3e-4, relative: 0)
}

/// Runs `operation` on the CPU backend and on the reference, on the same inputs, and compares every element.
func expectParity(
    _ subject: Subject, _ comment: Comment? = nil, exactly: Bool = false,
    at location: SourceLocation = #_sourceLocation,
    _ operation: (_ backend: any Backend, _ draw: inout Draw) throws -> Tensor
) throws {
    let backend = try subject.backend()
    var draw = Draw(rounding: backend.activationType)
    let out = try operation(backend, &draw)
    let actual = try backend.download(out)
    draw = Draw(rounding: backend.activationType)
    let expected = try reference.download(operation(reference, &draw))
    if exactly {
        expectClose(actual, expected, .exact, comment, at: location)
    } else {
        expectClose(actual, expected, KernelTolerance.elementwise(out.elementType), comment, at: location)
        expectClose(actual, expected, KernelTolerance.whole(out.elementType), comment, at: location)
    }
}
