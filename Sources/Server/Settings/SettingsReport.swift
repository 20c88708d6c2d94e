import FoundationEssentials

extension ServerSettings {
    /// What `--print-config` shows: each setting, its value and where that came from.
    var report: String {
        let rows = table.map { [$0.name, $0.written.text, "\($0.source)"] }
        let widths = (0..<2).map { i in rows.map { $0[i].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { $0.padding(to: $1) }.joined(separator: "  ") + "  \(row[2])\n"
        }.joined()
    }

    /// The same as one JSON object.
    var reportJSON: String {
        get throws {
            struct Entry: Encodable {
                let value: WrittenValue
                let source: String
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let entries = table.map { ($0.name, Entry(value: $0.written, source: "\($0.source)")) }
            let bytes = try encoder.encode(Dictionary(entries) { first, _ in first })
            return String(decoding: bytes, as: UTF8.self) + "\n"
        }
    }

    /// What `daguerre serve --help` says of settings.
    static var help: String {
        let table = ServerSettings().table
        return SettingGroup.allCases.map { group in
            group.rawValue.uppercased() + "\n"
                + table.filter { $0.group == group }.map { cell in
                    let values = cell.isFlag ? "" : " <\(cell.placeholder)>"
                    return "  --\(cell.name)\(values)\n"
                        + wrapped("\(cell.help) (default: \(cell.defaultText))", columns: 79, indent: "      ")
                }.joined()
        }.joined(separator: "\n")
    }

    /// `docs/configuration.md`.
    static var documentation: String {
        let table = ServerSettings().table
        var text = """
            # Configuration of the server

            `daguerre serve` takes every setting in three ways, of which the first that says anything counts:

            1. a flag: `--queue-capacity 50`, or `--queue-capacity=50`; what is true or false also as `--log-prompts` and
               `--no-log-prompts`;
            2. a variable of the environment: `DAGUERRE_QUEUE_CAPACITY=50`; lists have commas;
            3. a line of a YAML file: `queue-capacity: 50`; lists as `[a, b]`. The file is `--config FILE`, else
               `~/.config/daguerre/serve.yaml` if it exists.

            A name that is no setting is an error wherever it stands, and so is a value that its setting cannot have.
            `daguerre serve --print-config` shows what holds and where it came from, with `--json` as an object. No
            setting is a secret: keys are made by `daguerre keys`. This page is what `daguerre serve --print-config --describe` prints.

            """
        for group in SettingGroup.allCases {
            text += "\n## \(group.rawValue)\n\n| setting | values | default | |\n|---|---|---|---|\n"
            for cell in table where cell.group == group {
                let row = ["`\(cell.name)`", cell.expected, cell.defaultText, cell.help]
                text += "| " + row.map(escaped).joined(separator: " | ") + " |\n"
            }
        }
        return text
    }

    private static func escaped(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }

    private static func wrapped(_ text: String, columns: Int, indent: String) -> String {
        var (lines, line) = ([String](), "")
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent.count + line.count + 1 + word.count > columns {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return (lines + [line]).map { indent + $0 + "\n" }.joined()
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
