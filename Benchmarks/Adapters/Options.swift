import DaguerreTensors

/// What the command line asks for.
struct Options {
    var model = ""
    var rank = 64
    var switches = 100
    /// Side in latents of the image that switches are timed with: so small that weights are what takes the time.
    var switchSide = 8
    /// Pixels of the image that steps are timed with; 0 times none.
    var size = 512
    var rounds = 3
    var precision = Precision.bfloat16
    var threads: Int?

    static let usage = """
        usage: AdapterBenchmark --model FOLDER [--rank N] [--switches N] [--switch-side LATENTS] [--size PIXELS]
                                [--rounds N] [--precision float32|bfloat16] [--threads N]
        Times adapters on the denoiser of a diffusers folder; fails if switches leave anything behind.
        """

    /// - Throws: ``OptionError`` naming the argument that is not understood.
    init(_ arguments: some Sequence<String>) throws(OptionError) {
        var rest = arguments.makeIterator()
        while let argument = rest.next() {
            let value = rest.next()
            switch argument {
            case "--model": model = try Self.value(value, of: argument) { $0 }
            case "--rank": rank = try Self.number(value, of: argument, 1...1024)
            case "--switches": switches = try Self.number(value, of: argument, 10...100_000)
            case "--switch-side": switchSide = try Self.number(value, of: argument, 1...256)
            case "--size": size = try Self.number(value, of: argument, 0...4096)
            case "--rounds": rounds = try Self.number(value, of: argument, 1...100)
            case "--precision": precision = try Self.value(value, of: argument, Precision.init(rawValue:))
            case "--threads": threads = try Self.number(value, of: argument, 1...1024)
            default: throw OptionError(description: "\(argument) is not understood\n\(Self.usage)")
            }
        }
        guard !model.isEmpty else { throw OptionError(description: "--model is missing\n\(Self.usage)") }
    }

    private static func number(
        _ text: String?, of option: String, _ range: ClosedRange<Int>
    ) throws(OptionError) -> Int {
        try value(text, of: option) { Int($0).flatMap { range.contains($0) ? $0 : nil } }
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
