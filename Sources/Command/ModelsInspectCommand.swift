import ArgumentParser
import Daguerre
import DaguerreSampling
import DaguerreTensors

/// `daguerre models inspect`: what a folder or file holds, and what keeps it from being used.
struct ModelsInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Say what a model's folder or file holds and what is missing.",
        discussion: """
            Reads no weight. Exits with 2 if the model cannot be used.

            EXAMPLES
              daguerre models inspect builtin
              daguerre models inspect ~/models/sd15 --json
              daguerre models inspect ~/models/sdxl.safetensors
            """)

    @Argument(
        help: ArgumentHelp("A folder in diffusers' layout, a checkpoint of one file, or builtin.", valueName: "path"))
    var path: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let inspection = try path == ModelOption.builtin ? .builtin() : ModelInspection(at: path)
        if json {
            try Terminal.output.print(jsonText(InspectionReport(inspection)) + "\n")
        } else {
            try Terminal.output.print(text(inspection))
        }
        guard inspection.problems.isEmpty else { throw ExitCode(2) }
    }

    private func text(_ inspection: ModelInspection) -> String {
        let layout = inspection.layout == "file" ? "one file" : "folder"
        var rows = [("name", inspection.name), ("family", inspection.family), ("layout", layout)]
        if let width = inspection.width, let height = inspection.height { rows.append(("size", "\(width)×\(height)")) }
        if let sampler = inspection.sampler {
            let schedule = sampler.scheduleName.map { ", \($0.infotextName)" } ?? ""
            rows.append(("sampler", sampler.samplerName.infotextName + schedule))
            let source = inspection.predictionSource.map { " (\($0))" } ?? ""
            rows.append(("prediction", sampler.predictionType.rawValue + source))
        }
        for component in inspection.components {
            let types = component.parameterCounts.sorted { $0.value > $1.value }.map(\.key.rawValue)
            rows.append(
                (
                    component.name,
                    "\(briefCount(component.parameterCount)) parameters, \(types.joined(separator: " and ")), "
                        + "\(briefBytes(component.byteCount)), \(component.className)"
                ))
        }
        if let digest = inspection.digest { rows.append(("digest", digest)) }
        for problem in inspection.problems { rows.append(("problem", singleLine(problem))) }
        rows.append(("usable", inspection.problems.isEmpty ? "yes" : "no"))
        return table(rows)
    }
}

/// What `--json` prints of a model.
private struct InspectionReport: Encodable {
    struct Component: Encodable {
        let name: String
        let className: String
        let files: [String]
        let parameters: Int
        /// Parameters by the type they are stored as.
        let types: [String: Int]
        let bytes: Int
    }

    let name, family: String
    /// `folder` or `file`.
    let layout: String
    let width, height: Int?
    let sampler, schedule, prediction, predictionSource: String?
    let components: [Component]
    /// The texts beside the tensors of one file.
    let metadata: [String: String]
    let digest: String?
    let problems: [String]

    init(_ inspection: ModelInspection) {
        name = inspection.name
        family = inspection.family
        layout = inspection.layout
        metadata = inspection.metadata
        predictionSource = inspection.predictionSource
        width = inspection.width
        height = inspection.height
        sampler = inspection.sampler?.samplerName.rawValue
        schedule = inspection.sampler?.scheduleName?.rawValue
        prediction = inspection.sampler?.predictionType.rawValue
        components = inspection.components.map { component in
            let types = component.parameterCounts.map { ($0.key.rawValue, $0.value) }
            return Component(
                name: component.name, className: component.className, files: component.files,
                parameters: component.parameterCount, types: Dictionary(types) { first, _ in first },
                bytes: component.byteCount)
        }
        digest = inspection.digest
        problems = inspection.problems
    }
}
