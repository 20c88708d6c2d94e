public import ArgumentParser
import Daguerre
public import DaguerreTensors

/// The options that say how a model is run, whatever it is to do.
struct EngineArguments: ParsableArguments {
    @Option(help: "bfloat16 or float32. (default: bfloat16 where the processor computes in it, else float32)")
    var precision: Precision?

    @Option(
        parsing: .unconditional,
        help: "Threads to compute on. (default: the physical cores available to the process)")
    var threads: Int?

    @Flag(
        name: .customLong("mmap"), inversion: .prefixedNo,
        help: "Map the weights into memory, or read them. (default: map, but read from network file systems)")
    var mapsWeights: Bool?

    var options: EngineOptions { EngineOptions(precision: precision, threads: threads, mapsWeights: mapsWeights) }

    func validate() throws {
        if precision == .float16 {
            throw ValidationError("--precision float16 is not supported on a CPU; choose bfloat16 or float32")
        }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads is \(threads), expected a number from 1 to 1024")
        }
    }
}

extension Precision: ExpressibleByArgument {
    /// The precisions that `--help` lists.
    public static var allValueStrings: [String] { [Precision.bfloat16, .float32].map(\.rawValue) }
}
