import DaguerreCheckpoints

/// Why an adapter file cannot be used, or not with this model.
public enum AdapterError: Error, Equatable, CustomStringConvertible {
    /// The file holds something else than an adapter: an embedding, a whole checkpoint.
    case notAnAdapter(file: String, found: String)
    /// A kind of adapter that Daguerre does not apply.
    case unsupportedKind(file: String, kind: String, key: String)
    /// One parameter of a layer is there without another that it needs.
    case incomplete(file: String, module: String, found: String, missing: String)
    /// Two keys of the file name the same parameter of one layer.
    case duplicate(file: String, keys: [String])
    /// A tensor that cannot be what its name says.
    case invalid(file: String, key: String, found: String, expected: String)
    /// The file is for another family of models; `reason` says how that is known.
    case otherFamily(file: String, family: String, reason: String)
    /// A layer of the model has another shape than the file's.
    case misshapen(file: String, key: String, expected: String, found: String)
    /// No key of the file names a layer of the model.
    case matchesNothing(file: String, example: String)
    /// Keys that name no layer of the model, where all were asked to.
    case unmatched(file: String, keys: [String])
    /// A weight that a request gives is not usable.
    case weight(field: String, found: String, expected: String)
    /// The samples of one batch have different adapters for a layer whose rows are no samples.
    case differsBetweenSamples(layer: String)

    /// One line for people.
    public var description: String {
        switch self {
        case .notAnAdapter(let file, let found): "\(file.shortened): expected a LoRA or a relative, found \(found)"
        case .unsupportedKind(let file, let kind, let key):
            "\(file.shortened): \(kind) adapters are not supported (tensor \"\(key.shortened)\"); supported: "
                + "LoRA, LoCon, LoHa, LoKr, DoRA, full and norm differences"
        case .incomplete(let file, let module, let found, let missing):
            "\(file.shortened): layer \"\(module.shortened)\" has \(found) but no \(missing)"
        case .duplicate(let file, let keys):
            "\(file.shortened): these tensors name one parameter: \(keys.shortList)"
        case .invalid(let file, let key, let found, let expected):
            "\(file.shortened): tensor \"\(key.shortened)\" is \(found.shortened), expected \(expected)"
        case .otherFamily(let file, let family, let reason):
            "\(file.shortened): made for \(family): \(reason.shortened)"
        case .misshapen(let file, let key, let expected, let found):
            "\(file.shortened): tensor \"\(key.shortened)\" does not fit the model: the layer is \(expected),"
                + " the adapter \(found)"
        case .matchesNothing(let file, let example):
            "\(file.shortened): no tensor names a layer of the model (the first is \"\(example.shortened)\")"
        case .unmatched(let file, let keys):
            "\(file.shortened): \(keys.count) tensors name no layer of the model: \(keys.shortList)"
        case .weight(let field, let found, let expected): "\(field) is \(found.shortened), expected \(expected)"
        case .differsBetweenSamples(let layer):
            "layer \(layer) has different adapters in one batch; compute its times for each sample apart"
        }
    }
}

extension String {
    /// The text on one line, cut to at most 120 characters: fit for a message.
    var shortened: String {
        var result = ""
        for (i, scalar) in unicodeScalars.enumerated() {
            guard i < 120 else { return result + "…" }
            let isPrintable: Bool =
                switch scalar.properties.generalCategory {
                case .control, .lineSeparator, .paragraphSeparator: false
                default: !scalar.properties.isBidiControl
                }
            result.unicodeScalars.append(isPrintable ? scalar : "\u{FFFD}")
        }
        return result
    }
}

extension [String] {
    /// The first few entries, and how many more there are.
    var shortList: String {
        prefix(5).map(\.shortened).joined(separator: ", ") + (count > 5 ? ", and \(count - 5) more" : "")
    }
}
