import CKernels
import CVendor
import DaguerreTensors
import Glibc

/// oneDNN 3.x, opened.
final class OneDNN: @unchecked Sendable {  // guarded by: set once, then only read; engines may be used by any thread
    struct Search: Sendable {
        let library: OneDNN?
        let failures: [String]
    }

    /// The search is made once in a process, when first asked for.
    static let found = search()

    let facts: VendorLibrary
    let engine: OpaquePointer
    private let table: UnsafeMutablePointer<daguerre_onednn>

    /// The library's functions.
    var functions: daguerre_onednn {
        @inline(__always) _read { yield table.pointee }
    }

    /// The address of GOMP_parallel in the OpenMP runtime of the library; nil where it runs on another kind of threads.
    var gompParallel: UnsafeMutableRawPointer? { table.pointee.gomp_parallel }

    private init(
        _ table: UnsafeMutablePointer<daguerre_onednn>, _ candidate: OneDNNSearch.Candidate
    ) throws(BackendError) {
        let version = table.pointee.version().pointee
        facts = VendorLibrary(
            name: "oneDNN", version: "\(version.major).\(version.minor).\(version.patch)",
            file: baseName(candidate.path), place: candidate.place)
        self.table = table
        Self.limitInstructions(table.pointee)
        var engine: OpaquePointer?
        let status = table.pointee.engine_create(&engine, Int32(DAGUERRE_DNNL_CPU), 0)
        guard status == 0, let engine else { throw .vendor(operation: "oneDNN", status: Int(status)) }
        self.engine = engine
    }

    /// The environment variable that limits our kernels' instructions limits the library's too.
    private static func limitInstructions(_ functions: daguerre_onednn) {
        guard daguerre_isa_current().rawValue < daguerre_isa_machine().rawValue else { return }
        switch daguerre_isa_current() {
        case DAGUERRE_PORTABLE: return  // it is not used then
        case DAGUERRE_AVX2: _ = functions.set_max_cpu_isa(Int32(DAGUERRE_DNNL_ISA_AVX2))
        default: _ = functions.set_max_cpu_isa(Int32(DAGUERRE_DNNL_ISA_AVX512))
        }
    }

    private static func search() -> Search {
        let table = UnsafeMutablePointer<daguerre_onednn>.allocate(capacity: 1)
        var failures: [String] = []
        for candidate in OneDNNSearch.candidates {
            var detail = [CChar](repeating: 0, count: 256)
            let outcome = daguerre_onednn_open(candidate.path, table, &detail, detail.count)
            let explanation = detail.withUnsafeBufferPointer { text in
                String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
            let file = "\(baseName(candidate.path)) (\(candidate.place))"
            switch outcome {
            case DAGUERRE_ONEDNN_OPENED:
                do {
                    return Search(library: try OneDNN(table, candidate), failures: failures)
                } catch {
                    failures.append("\(file): \(error)")
                }
            case DAGUERRE_ONEDNN_SYMBOL_MISSING:
                failures.append("\(file): has no function \(explanation); oneDNN 3.x is needed")
            case DAGUERRE_ONEDNN_OTHER_VERSION:
                failures.append("\(file): is version \(explanation); oneDNN 3.x is needed")
            default: failures.append("\(file): cannot be opened: \(explanation)")
            }
        }
        table.deallocate()
        return Search(library: nil, failures: failures)
    }

    /// Throws unless `status` is success.
    @inline(__always)
    static func check(_ status: Int32, _ operation: String) throws(BackendError) {
        guard status == 0 else { throw .vendor(operation: operation, status: Int(status)) }
    }

    /// oneDNN's number for an element type; nil if it is none that we compute in.
    static func type(_ type: ElementType) -> Int32? {
        switch type {
        case .float32: Int32(DAGUERRE_DNNL_F32)
        case .bfloat16: Int32(DAGUERRE_DNNL_BF16)
        case .float16: Int32(DAGUERRE_DNNL_F16)
        default: nil
        }
    }
}
