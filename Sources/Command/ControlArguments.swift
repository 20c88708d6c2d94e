import ArgumentParser
import Daguerre
import DaguerreImaging
import DaguerreModels
import DaguerrePixels

/// The options that give pictures to follow: `--controlnet` begins a group, and the options after it are the group's.
struct ControlArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A ControlNet or a T2I-Adapter, a folder or a file. Begins a group of the options below. Repeatable.",
            valueName: "path"))
    var controlnet: [Grouped<String>] = []

    @Option(help: ArgumentHelp("The picture to follow.", valueName: "file"))
    var controlImage: [Grouped<String>] = []

    @Option(
        help: ArgumentHelp(
            "What is made of the picture first: \(Preprocessor.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "name"))
    var preprocessor: [Grouped<String>] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("How much it counts, from 0 to 2. (default: 1)", valueName: "x"))
    var controlWeight: [Grouped<Double>] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("The share of the steps at which it begins. (default: 0)", valueName: "x"))
    var controlStart: [Grouped<Double>] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("The share of the steps at which it ends. (default: 1)", valueName: "x"))
    var controlEnd: [Grouped<Double>] = []

    @Option(
        help: ArgumentHelp("Who has the say: balanced, prompt, control, guess. (default: balanced)", valueName: "mode"))
    var controlMode: [Grouped<ControlModeName>] = []

    @Option(
        help: ArgumentHelp(
            "How a picture of other proportions is brought to the size: "
                + ResizeMode.allCases.map(\.rawValue).joined(separator: ", ") + ". (default: crop-and-resize)",
            valueName: "mode"))
    var controlResizeMode: [Grouped<String>] = []

    @Option(help: ArgumentHelp("White where inpaint_only is to fill in.", valueName: "file"))
    var controlMask: [Grouped<String>] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("The preprocessor's first number: canny's lower threshold, …", valueName: "x"))
    var controlThresholdA: [Grouped<Double>] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("The preprocessor's second number: canny's upper threshold.", valueName: "x"))
    var controlThresholdB: [Grouped<Double>] = []

    /// The options whose values belong to the `--controlnet` before them.
    static let names: Set<String> = [
        "--controlnet", "--control-image", "--preprocessor", "--control-weight", "--control-start", "--control-end",
        "--control-mode", "--control-resize-mode", "--control-mask", "--control-threshold-a", "--control-threshold-b",
    ]

    /// One group, read but for the network.
    struct Unit {
        let path: String
        let image: Image
        let mask: Image?
        let preprocessor: Preprocessor
        let settings: PreprocessorSettings
        let resizeMode: ResizeMode
        let weight, start, end: Double
        let mode: ControlMode

        func request(_ model: ControlModel) -> ControlRequest {
            var request = ControlRequest(model, image: image)
            request.mask = mask
            request.preprocessor = preprocessor
            request.settings = settings
            request.resizeMode = resizeMode
            request.weight = weight
            request.start = start
            request.end = end
            request.mode = mode
            return request
        }
    }

    func validate() throws {
        let given = Set(controlnet.map(\.group))
        let others =
            controlImage.map(\.group) + preprocessor.map(\.group) + controlWeight.map(\.group)
            + controlStart.map(\.group) + controlEnd.map(\.group) + controlMode.map(\.group)
            + controlResizeMode.map(\.group) + controlMask.map(\.group) + controlThresholdA.map(\.group)
            + controlThresholdB.map(\.group)
        guard others.allSatisfy(given.contains) else {
            throw ValidationError("the options of a control come after its --controlnet")
        }
        for net in controlnet where !controlImage.contains(where: { $0.group == net.group }) {
            throw ValidationError("--controlnet \(baseName(net.value)) needs --control-image, the picture to follow")
        }
    }

    /// Reads the pictures of each group.
    ///
    /// - Throws: `ImagingError` naming a file that cannot be read; `PixelsError` listing the names that there are.
    func units() throws -> [Unit] {
        try controlnet.compactMap { net in
            func value<Value>(_ options: [Grouped<Value>]) -> Value? { options.last { $0.group == net.group }?.value }
            guard let image = value(controlImage) else { return nil }
            return Unit(
                path: net.value, image: try ImageFile.read(image).image,
                mask: try value(controlMask).map { try ImageFile.read($0).image.converted(to: .grey) },
                preprocessor: try value(preprocessor).map(Preprocessor.parse) ?? .none,
                settings: PreprocessorSettings(
                    thresholdA: value(controlThresholdA), thresholdB: value(controlThresholdB)),
                resizeMode: try value(controlResizeMode).map(ResizeMode.parse) ?? .crop,
                weight: value(controlWeight) ?? 1, start: value(controlStart) ?? 0, end: value(controlEnd) ?? 1,
                mode: value(controlMode)?.mode ?? .balanced)
        }
    }
}

/// The names of the modes, short enough to type.
enum ControlModeName: String, CaseIterable, ExpressibleByArgument {
    case balanced, prompt, control, guess

    var mode: ControlMode {
        switch self {
        case .balanced: .balanced
        case .prompt: .promptIsMoreImportant
        case .control: .controlIsMoreImportant
        case .guess: .guess
        }
    }
}
