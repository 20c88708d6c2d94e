import ArgumentParser
import DaguerreImaging
import DaguerrePixels

/// `daguerre info`: how a picture was made, as far as its file says.
struct InfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Print how a picture was made, as its file says.",
        discussion: """
            Reads PNG, JPEG and WebP files of Daguerre, AUTOMATIC1111's web UI and other programs that write as it does. \
            Exits with 2 if the file does not say.

            EXAMPLES
              daguerre info a-red-apple-7.png
              daguerre info photo.jpg --json | jq .fields
            """)

    @Argument(help: ArgumentHelp("A picture.", valueName: "file"))
    var file: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let contents = try ImageFile.read(file)
        guard let text = contents.infotext else { throw CommandFailure.noInfotext(name: baseName(file)) }
        if json {
            try Terminal.output.print(jsonText(InfoReport(contents, Infotext(parsing: text))) + "\n")
        } else {
            let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            try Terminal.output.print(lines.map { printable(String($0)) }.joined(separator: "\n") + "\n")
        }
    }
}

/// What `info --json` prints.
private struct InfoReport: Encodable {
    struct Field: Encodable {
        let name, value: String
    }

    let format: String
    /// Of the picture itself, upright, whatever its text says.
    let width, height: Int
    let prompt, negativePrompt: String
    /// In the text's order.
    let fields: [Field]

    init(_ contents: ImageFile.Contents, _ info: Infotext) {
        format = contents.format.rawValue
        width = contents.image.width
        height = contents.image.height
        prompt = info.prompt
        negativePrompt = info.negativePrompt
        fields = info.fields.map { Field(name: $0.name, value: $0.value) }
    }
}
