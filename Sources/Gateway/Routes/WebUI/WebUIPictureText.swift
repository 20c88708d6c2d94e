import DaguerreImaging

/// What `/png-info` says of a picture: the text itself, and its settings one by one.
struct WebUIPictureText: Encodable {
    /// The text as it stands in the file; empty where there is none.
    let info: String
    /// Every other text of the file under its key, of several the last.
    let items: [String: String]
    /// The settings under the web UI's names, sizes as two.
    let parameters: [String: String]

    init(_ contents: ImageFile.Contents) {
        let text = contents.infotext
        info = text ?? ""
        items = Dictionary(contents.texts.map { ($0.key, $0.value) }) { $1 }
        guard let text, !text.isEmpty else {
            parameters = [:]
            return
        }
        let infotext = Infotext(parsing: text)
        var parameters = ["Prompt": infotext.prompt, "Negative prompt": infotext.negativePrompt]
        for field in infotext.fields {
            let sides = field.value.split(separator: "x", omittingEmptySubsequences: false)
            if sides.count == 2, sides.allSatisfy({ Int($0) != nil }) {
                parameters[field.name + "-1"] = String(sides[0])
                parameters[field.name + "-2"] = String(sides[1])
            } else {
                parameters[field.name] = field.value
            }
        }
        self.parameters = parameters
    }
}
