import DaguerreCPU
import DaguerreReference
import DaguerreTensors

/// The backends and precisions that every model is tested on.
enum BackendUnderTest: String, CaseIterable {
    case reference, cpuFloat32, cpuBFloat16, cpuOwnKernels

    func make() throws -> any Backend {
        switch self {
        case .reference: ReferenceBackend()
        case .cpuFloat32: try CPUBackend(precision: .float32, threads: 2)
        case .cpuBFloat16: try CPUBackend(precision: .bfloat16, threads: 2)
        case .cpuOwnKernels: try CPUBackend(precision: .float32, threads: 2, useVendorLibrary: false)
        }
    }
}
