import DaguerreJobs

/// A header's value with parameters: `form-data; name="image"; filename="a.png"`.
enum HeaderParameters {
    /// The value before the first semicolon, and its parameters under their names in lower case.
    ///
    /// A quoted parameter may hold `\"` and `\\`, and `%22` as browsers write a quotation mark.
    ///
    /// - Throws: ``DaguerreJobs/RequestError`` for a parameter without a value, an open quotation or a name that is there
    ///   twice.
    static func parse(
        _ text: String, of header: String
    ) throws(RequestError) -> (value: String, parameters: [String: String]) {
        func malformed() -> RequestError {
            RequestError(
                header, found: "\"\(text.prefix(80))\"", expected: "a value with parameters such as name=\"a\"")
        }
        let separator = text.firstIndex(of: ";") ?? text.endIndex
        let value = text[..<separator].filter { !$0.isWhitespace }
        var parameters: [String: String] = [:]
        var rest = text[separator...]
        while rest.first == ";" {
            rest = rest.dropFirst().drop(while: \.isWhitespace)
            // A semicolon at the end is harmless.
            if rest.isEmpty { break }
            guard let equals = rest.firstIndex(of: "=") else { throw malformed() }
            let name = rest[..<equals].lowercased()
            guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_*".contains($0)) }),
                parameters[name] == nil
            else { throw malformed() }
            rest = rest[rest.index(after: equals)...]
            if rest.first == "\"" {
                guard let (content, end) = quoted(rest) else { throw malformed() }
                parameters[name] = content
                rest = rest[end...].drop(while: \.isWhitespace)
                guard rest.isEmpty || rest.first == ";" else { throw malformed() }
            } else {
                let end = rest.firstIndex(of: ";") ?? rest.endIndex
                let content = rest[..<end].reversed().drop(while: \.isWhitespace).reversed()
                guard !content.isEmpty else { throw malformed() }
                parameters[name] = String(content)
                rest = rest[end...]
            }
        }
        return (value, parameters)
    }

    /// What stands in quotation marks at the beginning of `text`, and where they have ended; nil if they do not.
    private static func quoted(_ text: Substring) -> (String, Substring.Index)? {
        var content = ""
        var i = text.index(after: text.startIndex)
        while i < text.endIndex {
            let character = text[i]
            i = text.index(after: i)
            switch character {
            case "\"": return (content, i)
            case "\\" where i < text.endIndex && (text[i] == "\"" || text[i] == "\\"):
                content.append(text[i])
                i = text.index(after: i)
            case "%" where text[i...].hasPrefix("22"):
                content.append("\"")
                i = text.index(i, offsetBy: 2)
            default: content.append(character)
            }
        }
        return nil
    }
}
