import DaguerreTensors

/// What the command line asks for.
struct Options {
    var asJSON = false
    var precisions: [Precision] = [.float32, .bfloat16]
    var threads: Int?
    /// Seconds for each case.
    var seconds = 0.5
    /// A case runs if its kind, model or sizes contain this; every case if nil.
    var only: String?

    static let usage = """
        usage: KernelBenchmarks [--json] [--precision float32|bfloat16] [--threads N] [--seconds S] [--only TEXT]
        Times the CPU backend's kernels at the sizes of Stable Diffusion 1.5 and XL.
        """

    /// - Throws: ``OptionError`` naming the argument that is not understood.
    init(_ arguments: some Sequence<String>) throws(OptionError) {
        var rest = arguments.makeIterator()
        while let argument = rest.next() {
            switch argument {
            case "--json": asJSON = true
            case "--precision":
                precisions = [try Self.value(rest.next(), of: argument, Precision.init(rawValue:))]
            case "--threads":
                threads = try Self.value(rest.next(), of: argument) { Int($0).flatMap { $0 > 0 ? $0 : nil } }
            case "--seconds": seconds = try Self.value(rest.next(), of: argument, Double.init)
            case "--only": only = try Self.value(rest.next(), of: argument) { $0 }
            default: throw OptionError(description: "\(argument) is not understood\n\(Self.usage)")
            }
        }
    }

    private static func value<T>(
        _ text: String?, of option: String, _ parse: (String) -> T?
    ) throws(OptionError) -> T {
        guard let text, let value = parse(text) else {
            throw OptionError(description: "\(option) needs another value than \(text ?? "none")\n\(usage)")
        }
        return value
    }
}

/// An argument that is not understood.
struct OptionError: Error, CustomStringConvertible {
    let description: String
}
