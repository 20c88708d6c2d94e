public import ArgumentParser
public import Daguerre
import DaguerreTensors

/// `daguerre models convert`: another layout, or another type of numbers.
struct ModelsConvertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Write a checkpoint in another layout or with other numbers.",
        discussion: """
            Reads a folder in diffusers' layout, a .safetensors file in any layout, or a pickle of PyTorch (.ckpt, .pt, \
            .pth, .bin). A pickle is read in a process of its own that runs nothing it says and can reach neither \
            network nor files. Tensors are written one after the other, so little memory is needed; OUT appears whole \
            or not at all, and nothing is replaced.

            EXAMPLES
              daguerre models convert sd15.safetensors sd15
              daguerre models convert sd15 sd15.safetensors --dtype float16
              daguerre models convert old.ckpt old.safetensors
              daguerre models convert sd2-base.safetensors sd2-base --prediction epsilon
            """)

    @Argument(help: ArgumentHelp("A folder or file.", valueName: "in"))
    var input: String

    @Argument(help: ArgumentHelp("The folder or .safetensors file to write.", valueName: "out"))
    var output: String

    @Option(
        help: """
            diffusers: a folder; ldm: one file, a file's tensors under the names that they have. (default: ldm if out \
            ends in .safetensors)
            """)
    var to: ModelConversion.Layout?

    @Option(help: "float32, float16 or bfloat16. (default: as they are)")
    var dtype: StoredType?

    @Option(help: "What the denoiser predicts, where a file in one piece does not say: epsilon or v.")
    var prediction: SingleFilePrediction.Kind?

    @Flag(help: "Print one JSON object.")
    var json = false

    /// The types that weights are stored as.
    enum StoredType: String, ExpressibleByArgument, CaseIterable {
        case float32, float16, bfloat16

        var elementType: ElementType {
            switch self {
            case .float32: .float32
            case .float16: .float16
            case .bfloat16: .bfloat16
            }
        }
    }

    func validate() throws {
        if input.isEmpty || output.isEmpty { throw ValidationError("a path is empty, expected IN and OUT") }
        let isFile = output.hasSuffix(".safetensors")
        if let to, (to == .ldm) != isFile {
            throw ValidationError(
                "--to \(to.rawValue) writes a \(to == .ldm ? ".safetensors file" : "folder"), and OUT is not called so")
        }
    }

    func run() async throws {
        let layout = to ?? (output.hasSuffix(".safetensors") ? .ldm : .diffusers)
        let conversion = ModelConversion(
            try ModelConversion.open(input), to: layout, as: dtype?.elementType, prediction: prediction)
        let display = ProgressDisplay(isQuiet: json, imageCount: 1)
        let start = ContinuousClock.now
        let result: ModelConversion.Result
        do {
            defer { display.clear() }
            var shown = -1
            result = try conversion.write(to: output) { written, all in
                let percent = all == 0 ? 100 : Int(Double(written) / Double(all) * 100)
                if percent != shown {
                    shown = percent
                    display.show("\(briefBytes(written)) of \(briefBytes(all)) written, \(percent) %")
                }
                return !Task.isCancelled
            }
        }
        let duration = seconds(ContinuousClock.now - start)
        if result.overflowCount > 0 {
            Terminal.error.write(
                "daguerre: warning: \(result.overflowCount) numbers are infinite in \(dtype?.rawValue ?? ""), which has"
                    + " none so large\n")
        }
        guard json else {
            return try Terminal.output.print(
                "\(printable(output)): \(result.tensorCount) tensors, \(briefBytes(result.byteCount)), in"
                    + " \(brief(duration))\n")
        }
        let report = ConversionReport(
            output: output, layout: result.layout.rawValue, tensors: result.tensorCount, bytes: result.byteCount,
            overflows: result.overflowCount, seconds: duration)
        try Terminal.output.print(jsonText(report) + "\n")
    }
}

/// What `--json` prints of a conversion.
private struct ConversionReport: Encodable {
    let output, layout: String
    let tensors, bytes, overflows: Int
    let seconds: Double
}

extension ModelConversion.Layout: ExpressibleByArgument {}
