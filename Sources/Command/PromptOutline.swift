import Daguerre
import DaguerreTokenizers

/// An inspected prompt for people: the tree, then what each part says when, then the tokens.
func promptText(_ inspection: PromptInspection) -> String {
    var blocks = ["Prompt\n" + outline(inspection.syntax.parts).map { printable($0) + "\n" }.joined()]
    for (index, part) in inspection.parts.enumerated() {
        let name = inspection.parts.count > 1 ? "Part \(index + 1), weight \(plain(part.weight)), steps" : "Steps"
        blocks.append(
            name + "\n"
                + part.sayings.map { "  \(ranges($0.steps))  \(printable($0.text.description))\n" }.joined())
        for saying in part.sayings {
            for (number, chunk) in saying.chunks.enumerated() {
                blocks.append(tokenTable(chunk, number, of: saying, inspection))
            }
        }
    }
    return blocks.joined(separator: "\n")
}

/// The lines of a tree, drawn with lines.
private func outline(_ parts: [PromptSyntax.Part]) -> [String] {
    guard parts.count > 1 else { return branches(parts[0].nodes.map(lines)) }
    return branches(
        parts.enumerated().map { index, part in
            ["part \(index + 1), weight \(part.weight.map(\.description) ?? "1")"] + branches(part.nodes.map(lines))
        })
}

private func lines(_ node: PromptNode) -> [String] {
    switch node {
    case .text(let text): return ["text \"\(text)\""]
    case .emphasis(let nodes, let emphasis):
        let factor =
            switch emphasis {
            case .more: "1.1 times as much"
            case .less: "1.1 times less"
            case .factor(let number): "\(number) times"
            }
        return ["counts \(factor)"] + branches(nodes.map(lines))
    case .edit(let from, let to, let when):
        let place = when.hasPoint ? "a part of \(when) of the steps" : "step \(when)"
        return ["changes after \(place)"]
            + branches([["from"] + branches(from.map(lines)), ["to"] + branches(to.map(lines))])
    case .alternation(let options):
        return ["changes at each step"]
            + branches(options.enumerated().map { ["text \($0 + 1)"] + branches($1.map(lines)) })
    case .chunkBreak: return ["a new chunk begins"]
    case .network(let network):
        return [
            "\(network.kind) \"\(network.name)\", text encoders \(plain(network.textWeight)), "
                + "UNet \(plain(network.unetWeight))"
        ]
    }
}

/// The lines of several nodes, one under the other, beside the lines that lead to them.
private func branches(_ nodes: [[String]]) -> [String] {
    nodes.enumerated().flatMap { index, lines in
        let isLast = index == nodes.count - 1
        return lines.enumerated().map { ($0 == 0 ? (isLast ? "└ " : "├ ") : (isLast ? "  " : "│ ")) + $1 }
    }
}

/// `1-5, 9, 12-20`, and how many more there are of a long list.
private func ranges(_ steps: [ClosedRange<Int>]) -> String {
    let shown = steps.prefix(8).map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
    return shown.joined(separator: ", ") + (steps.count > 8 ? " and \(steps.count - 8) more" : "")
}

private func tokenTable(
    _ tokens: [PromptInspection.Token], _ number: Int, of saying: PromptInspection.Saying,
    _ inspection: PromptInspection
) -> String {
    let count = tokens.reduce(0) { $0 + $1.count }
    var text = "Tokens in steps \(ranges(saying.steps)), chunk \(number + 1) of \(saying.chunks.count): "
    text += "\(count) of \(inspection.chunkCapacity)\n"
    if !tokens.isEmpty { text += tokenRow("place", "number", "weight", "token") }
    var position = 1
    for token in tokens {
        let place = token.count == 1 ? "\(position)" : "\(position)-\(position + token.count - 1)"
        let id = token.id.map(String.init) ?? "embedding"
        text += tokenRow(place, id, fixed(token.weight, 4), printable(token.text))
        position += token.count
    }
    return text
}

private func tokenRow(_ place: String, _ id: String, _ weight: String, _ token: String) -> String {
    "  \(padded(place, 7))\(padded(id, 11))\(padded(weight, 10))\(token)\n"
}

private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
}
