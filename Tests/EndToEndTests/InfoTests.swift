import DaguerreImaging
import DaguerrePixels
import Foundation
import Testing

@Suite(.serialized) struct InfoTests {
    @Test(arguments: ["cat.png", "cat.jpg", "cat.webp"])
    func aPictureOfEveryFormatSaysHowItWasMade(name: String) async throws {
        let folder = try Folder()
        let drawn = try await Run.daguerre(
            ["generate", "a purple cat, ünïcode", "--steps", "1", "--seed", "5", "--output", name], in: folder)
        #expect(drawn.status == 0, "\(drawn.errors)")
        #expect(ImageFormat(sniffing: try folder.bytes(name)) == ImageFormat(fileName: name))
        let run = try await Run.daguerre(["info", name], in: folder)
        #expect(run.status == 0 && run.errors == "")
        let info = Infotext(parsing: run.output)
        #expect(info.prompt == "a purple cat, ünïcode")
        #expect(try info.integer(.seed) == 5)
        #expect(try info.integer(.steps) == 1)

        let report = try jsonObject(try await Run.daguerre(["info", name, "--json"], in: folder).output)
        #expect(report["format"] as? String == ImageFormat(fileName: name)?.rawValue)
        #expect(report["width"] as? Int == 128)
        #expect(report["prompt"] as? String == "a purple cat, ünïcode")
        let fields = try #require(report["fields"] as? [[String: String]])
        #expect(fields.contains(["name": "Seed", "value": "5"]))
    }

    @Test func aPictureThatDoesNotSayIsRefusedWithTwo() async throws {
        let folder = try Folder()
        try folder.write(PNG.encode(Image(width: 2, height: 2, filledWith: [1, 2, 3])), to: "plain.png")
        try folder.write(Array("<svg/>".utf8), to: "drawing.svg")
        for (name, words) in [
            ("plain.png", "plain.png does not say how it was made"),
            ("drawing.svg", "drawing.svg: this is no picture that can be read"),
            ("missing.png", "missing.png could not be read: No such file or directory"),
        ] {
            let run = try await Run.daguerre(["info", name], in: folder)
            #expect(run.status == 2 && run.output == "")
            #expect(run.errors.hasPrefix("daguerre: error: ") && run.errors.contains(words), "\(run.errors)")
            #expect(run.errors.filter { $0 == "\n" }.count == 1)
        }
    }

    @Test func whatATerminalWouldObeyIsNotPrinted() async throws {
        let folder = try Folder()
        let text = PNG.Text(key: "parameters", value: "red \u{1b}[31m\nSteps: 1")
        try folder.write(PNG.encode(Image(width: 1, height: 1, filledWith: [1, 2, 3]), texts: [text]), to: "a.png")
        let run = try await Run.daguerre(["info", "a.png"], in: folder)
        #expect(run.output == "red \u{fffd}[31m\nSteps: 1\n")
    }
}
