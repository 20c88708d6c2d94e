import Daguerre
import DaguerreTokenizers

/// What `daguerre prompt --json` prints.
struct PromptReport: Encodable {
    struct Node: Encodable {
        let kind: String
        var text: String?
        var factor: Double?
        /// When an edit changes, as it is written, and whether that is a part of the steps.
        var when: String?
        var isPartOfSteps: Bool?
        var nodes, from, to: [Node]?
        var options: [[Node]]?
        var name: String?
        var textWeight, unetWeight: Double?
    }

    struct Token: Encodable {
        let text: String
        /// None for an embedding.
        let id: Int?
        let count: Int
        let weight: Double
    }

    struct Saying: Encodable {
        /// Pairs of a first and a last step.
        let steps: [[Int]]
        let text: String
        let chunks: [[Token]]
    }

    struct Part: Encodable {
        let weight: Double
        let nodes: [Node]
        let sayings: [Saying]
    }

    struct Network: Encodable {
        let kind, name: String
        let textWeight, unetWeight: Double
    }

    /// As it was given, and as the tree is written.
    let prompt, written: String
    let model: String
    let steps, chunkCapacity: Int
    let networks: [Network]
    let parts: [Part]

    init(_ inspection: PromptInspection, prompt: String, steps: Int) {
        self.prompt = prompt
        self.steps = steps
        written = inspection.syntax.description
        model = inspection.model
        chunkCapacity = inspection.chunkCapacity
        networks = inspection.syntax.networks.map {
            Network(kind: $0.kind.rawValue, name: $0.name, textWeight: $0.textWeight, unetWeight: $0.unetWeight)
        }
        parts = zip(inspection.syntax.parts, inspection.parts).map { syntax, part in
            Part(weight: part.weight, nodes: syntax.nodes.map(Node.init), sayings: part.sayings.map(Saying.init))
        }
    }
}

extension PromptReport.Saying {
    fileprivate init(_ saying: PromptInspection.Saying) {
        steps = saying.steps.map { [$0.lowerBound, $0.upperBound] }
        text = saying.text.description
        chunks = saying.chunks.map { chunk in
            chunk.map { PromptReport.Token(text: $0.text, id: $0.id, count: $0.count, weight: $0.weight) }
        }
    }
}

extension PromptReport.Node {
    fileprivate init(_ node: PromptNode) {
        switch node {
        case .text(let text): self.init(kind: "text", text: text)
        case .emphasis(let nodes, let emphasis):
            self.init(kind: "emphasis", factor: emphasis.factor, nodes: nodes.map(Self.init))
        case .edit(let from, let to, let when):
            self.init(
                kind: "edit", when: when.description, isPartOfSteps: when.hasPoint, from: from.map(Self.init),
                to: to.map(Self.init))
        case .alternation(let options):
            self.init(kind: "alternation", options: options.map { $0.map(Self.init) })
        case .chunkBreak: self.init(kind: "break")
        case .network(let network):
            self.init(
                kind: network.kind.rawValue, name: network.name, textWeight: network.textWeight,
                unetWeight: network.unetWeight)
        }
    }
}
