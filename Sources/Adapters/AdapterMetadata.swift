import DaguerreCheckpoints

/// What a file says of the scale of its products where it has no `alpha` tensors.
///
/// diffusers writes peft's configuration into the header, `lora_adapter_metadata`, with the component before each name;
/// peft writes it beside the file, `adapter_config.json`.
struct AdapterScaleRules: Sendable {
    private struct Rule: Sendable {
        var alpha: Double
        var alphaOfModule: [(name: String, alpha: Double)] = []
        /// Rank-stabilised (Kalajdzievski, arXiv 2312.03732): alpha ÷ √rank.
        var isRankStabilised = false
    }

    /// Says nothing: every scale is 1.
    init() {}

    private var rules: [AdapterComponent: Rule] = [:]

    /// Reads diffusers' metadata; text that is not theirs says nothing.
    init(diffusers text: String) {
        guard let value = try? JSONText.parse(Array(text.utf8)) else { return }
        for component in AdapterComponent.allCases {
            rules[component] = Self.rule(value, prefix: component.rawValue + ".")
        }
    }

    /// Reads peft's configuration, which is for whatever component the file is of.
    ///
    /// - Throws: ``AdapterError/invalid(file:key:found:expected:)`` for a file that is no JSON.
    init(peft text: [UInt8], file: String) throws(AdapterError) {
        let value: JSONValue
        do { value = try JSONText.parse(text) } catch {
            throw .invalid(file: file, key: "", found: error.found, expected: "valid JSON")
        }
        let rule = Self.rule(value, prefix: "")
        for component in AdapterComponent.allCases { rules[component] = rule }
    }

    private static func rule(_ value: JSONValue, prefix: String) -> Rule? {
        guard let alpha = value[prefix + "lora_alpha"]?.double ?? value[prefix + "alpha"]?.double, alpha.isFinite else {
            return nil
        }
        var rule = Rule(alpha: alpha)
        if case .bool(true) = value[prefix + "use_rslora"] { rule.isRankStabilised = true }
        if case .object(let members) = value[prefix + "alpha_pattern"] {
            for member in members {
                guard let alpha = member.value.double, alpha.isFinite else { continue }
                rule.alphaOfModule.append((member.name, alpha))
            }
        }
        return rule
    }

    /// What the product of `rank` of a module is multiplied by.
    func scale(_ component: AdapterComponent, module: String, rank: Int) -> Double {
        guard let rule = rules[component] else { return 1 }
        let own = rule.alphaOfModule.first { module == $0.name || module.hasSuffix("." + $0.name) }
        let divisor = rule.isRankStabilised ? Double(rank).squareRoot() : Double(rank)
        return (own?.alpha ?? rule.alpha) / divisor
    }
}

/// What a file's metadata tell people.
struct AdapterFacts: Sendable {
    /// Words that call what was learned, the most frequent first.
    let triggerWords: [String]
    /// The family that the trainer noted, in its own words.
    let family: String?

    /// Words that are kept.
    private static let wordCount = 10

    /// Reads kohya's and the model specification's metadata; what cannot be read is left out.
    init(_ metadata: [String: String]) {
        family = metadata["modelspec.architecture"] ?? metadata["ss_base_model_version"]
        if let phrase = metadata["modelspec.trigger_phrase"], !phrase.isEmpty {
            triggerWords = [phrase.shortened]
            return
        }
        guard let text = metadata["ss_tag_frequency"], let value = try? JSONText.parse(Array(text.utf8)),
            case .object(let folders) = value
        else {
            triggerWords = []
            return
        }
        var counts: [String: Double] = [:]
        for folder in folders {
            guard case .object(let tags) = folder.value else { continue }
            for tag in tags {
                let word = String(tag.name.drop { $0 == " " }).shortened
                counts[word, default: 0] += max(0, tag.value.double ?? 0)
            }
        }
        triggerWords = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.wordCount).map(\.key)
    }
}

extension JSONValue {
    /// A number, whole or not.
    fileprivate var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let text): Double(text)
        default: nil
        }
    }
}
