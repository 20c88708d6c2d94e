/// As much of JSON Schema as the description of the native interface uses.
struct JSONSchemas {
    private let document: JSONTree

    init(document: JSONTree) { self.document = document }

    /// What is wrong with `value`, each with its place.
    func faults(of value: JSONTree, against name: String) -> [String] {
        guard let schema = document["components"]?["schemas"]?[name] else { return ["there is no schema \(name)"] }
        var faults: [String] = []
        check(value, schema, name, &faults)
        return faults
    }

    private func check(_ value: JSONTree, _ schema: JSONTree, _ place: String, _ faults: inout [String]) {
        if let reference = schema["$ref"]?.text {
            let name = reference.split(separator: "/").last.map(String.init) ?? ""
            guard let target = document["components"]?["schemas"]?[name] else {
                return faults.append("\(place): no \(reference)")
            }
            return check(value, target, place, &faults)
        }
        if let choices = schema["anyOf"]?.list {
            let fits = choices.contains { choice in
                var found: [String] = []
                check(value, choice, place, &found)
                return found.isEmpty
            }
            if !fits { faults.append("\(place): fits none of the choices") }
        }
        if let type = schema["type"] {
            let types = type.list?.compactMap(\.text) ?? [type.text ?? ""]
            if !types.contains(where: { isOf($0, value) }) { return faults.append("\(place): is no \(types)") }
        }
        if let choices = schema["enum"]?.list, !choices.contains(value) {
            faults.append("\(place): is none of the choices")
        }
        if let only = schema["const"], only != value { faults.append("\(place): is not \(only)") }
        switch value {
        case .number(let number):
            if let least = schema["minimum"]?.number, number < least { faults.append("\(place): below \(least)") }
            if let most = schema["maximum"]?.number, number > most { faults.append("\(place): above \(most)") }
            if let step = schema["multipleOf"]?.number, number.truncatingRemainder(dividingBy: step) != 0 {
                faults.append("\(place): no multiple of \(step)")
            }
        case .text(let text):
            if let pattern = schema["pattern"]?.text {
                let fits = (try? Regex(pattern).firstMatch(in: text)) ?? nil
                if fits == nil { faults.append("\(place): does not match \(pattern)") }
            }
        case .list(let list):
            if let items = schema["items"] {
                for (index, item) in list.enumerated() { check(item, items, "\(place)[\(index)]", &faults) }
            }
            if let most = schema["maxItems"]?.number, Double(list.count) > most { faults.append("\(place): too long") }
        case .object(let fields):
            let known = schema["properties"]?.object ?? [:]
            for name in schema["required"]?.list?.compactMap(\.text) ?? [] where fields[name] == nil {
                faults.append("\(place).\(name): is missing")
            }
            for (name, field) in fields {
                if let schema = known[name] {
                    check(field, schema, "\(place).\(name)", &faults)
                } else if schema["additionalProperties"] == .bool(false) {
                    faults.append("\(place).\(name): is not described")
                }
            }
        case .null, .bool: break
        }
    }

    private func isOf(_ type: String, _ value: JSONTree) -> Bool {
        switch (type, value) {
        case ("object", .object), ("array", .list), ("string", .text), ("boolean", .bool), ("null", .null),
            ("number", .number):
            true
        case ("integer", .number(let number)): number == number.rounded()
        default: false
        }
    }
}
