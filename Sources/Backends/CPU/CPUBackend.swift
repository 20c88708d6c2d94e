import CKernels
public import DaguerreTensors

/// Computes on this machine's processor: oneDNN for matrix products and convolutions, our own kernels for the rest.
///
/// Without oneDNN our own kernels do everything, more slowly, and ``warnings`` says so. Results do not depend on the
/// number of threads.
public final class CPUBackend: @unchecked Sendable {
    // guarded by: `Backend` is called by one thread at a time; arena and ledger, which dying tensors reach from any
    // thread, have locks of their own.

    /// What weights and activations are rounded to.
    public let precision: Precision
    /// Threads that compute.
    public let threadCount: Int
    /// The vendor library that is used, or nil.
    public let vendorLibrary: VendorLibrary?
    /// What the user should know, one line each: oneDNN is missing, say.
    public let warnings: [String]

    let arena: MemoryArena
    let ledger = MemoryLedger()
    let team: Team
    /// Nil where our own kernels do everything.
    let session: VendorSession?

    /// Makes a backend that holds nothing yet.
    ///
    /// - Parameters:
    ///   - precision: float32 or bfloat16; nil chooses bfloat16 where the processor computes in it, else float32.
    ///   - threads: nil chooses as many as there are physical cores that the process may use.
    ///   - useVendorLibrary: false leaves everything to our own kernels.
    /// - Throws: ``BackendError/unsupportedElementType(operation:_:)`` for float16.
    public init(precision: Precision? = nil, threads: Int? = nil, useVendorLibrary: Bool = true) throws(BackendError) {
        let precision = precision ?? Self.defaultPrecision
        guard precision != .float16 else {
            throw .unsupportedElementType(operation: "CPU backend", precision.elementType)
        }
        let threadCount = max(1, min(threads ?? ThreadCount.available, ThreadCount.maximum))
        let library = useVendorLibrary && Self.suitsVendorLibrary ? OneDNN.found.library : nil
        self.precision = precision
        arena = try MemoryArena()
        let team = try Team(
            threadCount: threadCount, gompParallel: library?.gompParallel)
        self.team = team
        self.threadCount = team.size
        session = try library.map { (library) throws(BackendError) in
            try VendorSession(library, threadCount: team.size)
        }
        vendorLibrary = library?.facts
        warnings = Self.warnings(library, isWanted: useVendorLibrary)
    }

    /// bfloat16 where the processor computes in it, else float32.
    public static var defaultPrecision: Precision {
        daguerre_isa_current() == DAGUERRE_AVX512_BF16 ? .bfloat16 : .float32
    }

    /// Threads that are used unless the caller says: the physical cores that the process may use.
    public static var defaultThreadCount: Int { ThreadCount.available }

    /// The instruction set that our kernels use: `portable`, `avx2`, `avx512` or `avx512bf16`.
    public static var instructionSet: String { String(cString: daguerre_isa_name(daguerre_isa_current())) }

    /// The processor's floating-point operations per second, by a loop that does nothing else; 0 where it has none.
    ///
    /// - Parameter seconds: how long to measure in all.
    public static func measuredPeak(
        _ precision: Precision, threads: Int? = nil, seconds: Double = 0.5
    ) throws(BackendError) -> Double {
        let threadCount = max(1, min(threads ?? ThreadCount.available, ThreadCount.maximum))
        let team = try Team(
            threadCount: threadCount, gompParallel: OneDNN.found.library?.gompParallel)
        return daguerre_peak_flops(team.handle, precision.elementType.kernelType, seconds)
    }

    /// Gives memory that no tensor lies in back to the system.
    public func trim() { arena.trim() }

    /// oneDNN's convolutions for x86 processors older than AVX2 split sums by the number of threads.
    private static var suitsVendorLibrary: Bool {
        #if arch(x86_64)
            daguerre_isa_current() != DAGUERRE_PORTABLE
        #else
            true
        #endif
    }

    private static func warnings(_ library: OneDNN?, isWanted: Bool) -> [String] {
        guard isWanted else { return [] }
        guard suitsVendorLibrary else { return ["without AVX2 the slower portable kernels run"] }
        guard let library else {
            let reasons = OneDNN.found.failures.joined(separator: "; ")
            return [
                "oneDNN was not found, so the slower portable kernels run; `scripts/setup` brings it"
                    + (reasons.isEmpty ? "" : " (\(reasons))")
            ]
        }
        guard library.gompParallel != nil else {
            return ["oneDNN does not run on OpenMP here, so its threads and ours compete; use `scripts/setup`'s"]
        }
        return []
    }
}

// Each operation is its protocol's.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend: Backend {
    public var activationType: ElementType { precision.elementType }

    public var memory: MemoryReport { ledger.report }

    public func resetPeak() { ledger.resetPeak() }
}
