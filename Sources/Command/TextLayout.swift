/// `text` fit for a terminal: control characters, and marks that reorder text, are replaced.
package func printable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control where scalar == "\t": result.append(" ")
        case .control, .lineSeparator, .paragraphSeparator: result.append("\u{fffd}")
        default: result.append(scalar.properties.isBidiControl ? "\u{fffd}" : scalar)
        }
    }
    return String(result)
}

/// Rows of a name and a value, the values under one another and fit for a terminal.
package func table(_ rows: [(String, String)]) -> String {
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, value in
        name + String(repeating: " ", count: width - name.count + 2) + printable(value) + "\n"
    }.joined()
}

/// `text` in lines of at most `width` columns where its words allow, each after `indent` spaces and fit for a terminal.
package func wrapped(_ text: String, indent: Int, width: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    for word in printable(text).split(separator: " ") {
        if line.isEmpty {
            line = String(word)
        } else if indent + line.count + 1 + word.count <= width {
            line += " " + word
        } else {
            lines.append(line)
            line = String(word)
        }
    }
    if !line.isEmpty { lines.append(line) }
    return lines.map { margin + $0 + "\n" }.joined()
}

/// A count for people: `512`, `34.3 k`, `859.5 M`, `2.57 G`.
package func briefCount(_ count: Int) -> String {
    let value = Double(count)
    switch value {
    case ..<1e3: return "\(count)"
    case ..<1e6: return "\(fixed(value / 1e3, 1)) k"
    case ..<1e9: return "\(fixed(value / 1e6, 1)) M"
    default: return "\(fixed(value / 1e9, 2)) G"
    }
}
