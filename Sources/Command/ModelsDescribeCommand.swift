import ArgumentParser
import Daguerre
import DaguerrePipelines

/// `daguerre models describe`: what a model draws well, as far as its folder says.
struct ModelsDescribeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "List what a model knows, and its defaults.",
        discussion: """
            Reads no weight. Exits with 2 if the model cannot be used.

            EXAMPLES
              daguerre models describe builtin
            """)

    @Argument(
        help: ArgumentHelp("A folder in diffusers' layout, a checkpoint of one file, or builtin.", valueName: "path"))
    var path = ModelOption.builtin

    func run() throws {
        let inspection = try path == ModelOption.builtin ? .builtin() : ModelInspection(at: path)
        try Terminal.output.print(text(inspection))
        for problem in inspection.problems { Terminal.error.write("daguerre: error: \(singleLine(problem))\n") }
        guard inspection.problems.isEmpty else { throw ExitCode(2) }
    }

    private func text(_ inspection: ModelInspection) -> String {
        let defaults = inspection.defaults
        var rows = [("model", "\(inspection.name), \(inspection.family)")]
        if let width = inspection.width, let height = inspection.height { rows.append(("size", "\(width)×\(height)")) }
        if let steps = defaults.steps { rows.append(("steps", "\(steps)")) }
        if let guidance = defaults.guidance { rows.append(("guidance", plain(guidance))) }
        if let attribution = defaults.attribution { rows.append(("thanks", attribution)) }
        guard let vocabulary = defaults.vocabulary else {
            return table(rows) + "\nIts folder has no daguerre.json that lists what it knows.\n"
        }
        return table(rows) + "\n" + sections(vocabulary)
    }

    private func sections(_ vocabulary: GenerationDefaults.Vocabulary) -> String {
        let recolourable = Set(vocabulary.recolourable ?? [])
        var sections = [("Examples", vocabulary.examples.map { "\"\($0)\"" })]
        sections += vocabulary.subjects.map { group in
            (group.group.capitalizedFirst, group.names.map { recolourable.contains($0) ? $0 + "*" : $0 })
        }
        if let colours = vocabulary.colours, !recolourable.isEmpty {
            sections.append(("Colours of those with a star (\"a blue apple\")", colours))
        }
        if let backgrounds = vocabulary.backgrounds {
            sections.append(("Backgrounds (\"… on a blue background\")", backgrounds))
        }
        if let pairs = vocabulary.pairs { sections.append(("Pairs (\"a cat and a dog\") of any two of", pairs)) }
        return sections.map { title, names in
            "\(printable(title))\n" + wrapped(names.joined(separator: ", "), indent: 2, width: 100)
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
