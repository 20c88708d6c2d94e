import ArgumentParser
import Daguerre
import DaguerreCPU
import DaguerreImaging
import DaguerreTensors

/// `daguerre doctor`: what this machine offers, what is missing, and what will be used.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what this machine offers, what is missing and how to get it, and what will be used.",
        discussion: """
            EXAMPLES
              daguerre doctor
              daguerre doctor --json
            """)

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let report = try DoctorReport()
        try Terminal.output.print(json ? jsonText(report) + "\n" : report.text)
    }
}

/// What was found.
private struct DoctorReport: Encodable {
    struct Library: Encodable {
        let name, version, file, place: String
    }

    let version = DaguerreVersion.current
    let processor: String
    let features: [String]
    let threads: Int
    let memoryBytes, availableMemoryBytes: Int?
    /// The instruction set of our own kernels.
    let kernels: String
    let precision: String
    /// 10⁹ floating-point operations per second of an endless chain of multiply-adds, by precision.
    let peakGflops: [String: Double]
    let onednn: Library?
    let onednnFailures: [String]
    let libpng, libjpeg, libwebp: String
    /// What to do about what is missing; empty if nothing is.
    let advice: [String]

    init() throws {
        let machine = MachineDescription()
        let search = VendorSearch.oneDNN
        processor = machine.processor
        features = machine.features
        threads = CPUBackend.defaultThreadCount
        memoryBytes = machine.memoryBytes
        availableMemoryBytes = machine.availableMemoryBytes
        kernels = CPUBackend.instructionSet
        precision = CPUBackend.defaultPrecision.rawValue
        var peaks: [String: Double] = [:]
        for precision in Set([Precision.float32, CPUBackend.defaultPrecision]) {
            peaks[precision.rawValue] = try CPUBackend.measuredPeak(precision, seconds: 0.2) / 1e9
        }
        peakGflops = peaks
        onednn = search.library.map {
            Library(name: $0.name, version: $0.version, file: $0.file, place: $0.place)
        }
        onednnFailures = search.failures
        libpng = PNG.libraryVersion
        libjpeg = JPEG.libraryVersion
        libwebp = WebP.libraryVersion
        advice = onednn == nil ? Self.waysToOneDNN : []
    }

    private static let waysToOneDNN = [
        "run scripts/setup in the folder that Daguerre was built in (x86-64),",
        "or put a libdnnl.so.3 (oneDNN 3.x) beside the program or where the system looks for libraries,",
        "or name one in the environment: DAGUERRE_ONEDNN=FILE",
    ]

    var text: String {
        var rows = [("daguerre", version), ("processor", processor)]
        rows.append(("features", features.isEmpty ? "none that are used" : features.joined(separator: " ")))
        if let memoryBytes, let availableMemoryBytes {
            rows.append(("memory", "\(briefBytes(availableMemoryBytes)) free of \(briefBytes(memoryBytes))"))
        }
        for (precision, peak) in peakGflops.sorted(by: { $0.key < $1.key }) where peak > 0 {
            rows.append(("peak", "\(fixed(peak, 0)) GFLOP/s in \(precision), on \(threads) threads"))
        }
        if let onednn {
            rows.append(("oneDNN", "\(onednn.version), \(onednn.file) (\(onednn.place))"))
        } else {
            rows.append(("oneDNN", "not found; our own kernels do its work, several times slower; to get it:"))
            rows += advice.map { ("", $0) }
        }
        rows += onednnFailures.map { ("", "could not use " + singleLine($0)) }
        rows += [("libpng", libpng), ("libjpeg", "turbo \(libjpeg)"), ("libwebp", libwebp)]
        let products = onednn.map { "oneDNN \($0.version) for matrix products and convolutions, " } ?? ""
        rows.append(
            ("will use", "\(precision) on \(threads) threads: \(products)our own \(kernels) kernels for the rest"))
        return table(rows)
    }
}
