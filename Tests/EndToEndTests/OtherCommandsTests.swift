import DaguerreImaging
import DaguerrePixels
import Foundation
import Testing

@Suite(.serialized) struct OtherCommandsTests {
    @Test(arguments: [
        [], ["--help"], ["generate", "--help"], ["models"], ["models", "inspect", "--help"],
        ["models", "describe", "--help"], ["models", "convert", "--help"], ["doctor", "--help"], ["bench", "--help"],
        ["prompt", "--help"],
        ["help", "generate"],
    ])
    func helpGoesToStandardOutput(arguments: [String]) async throws {
        let run = try await Run.daguerre(arguments, in: Folder())
        #expect(run.status == 0)
        #expect(run.errors == "")
        #expect(run.output.contains("USAGE: daguerre"))
    }

    @Test func standardOutputThatIsFullIsAnErrorAndOneThatIsClosedIsNot() async throws {
        let folder = try Folder()
        let full = try await Run.shell(#"exec "$0" models describe builtin >/dev/full"#, in: folder)
        #expect(full.status == 1)
        #expect(full.errors == "daguerre: error: standard output could not be written: No space left on device\n")
        let closed = try await Run.shell(
            #"exec "$0" generate "a cat" --steps 1 --output cat.png <&- >&- 2>&-"#, in: folder)
        #expect(closed.status == 0)
        #expect(try folder.names() == ["cat.png"])
    }

    @Test func theVersionIsPrinted() async throws {
        let run = try await Run.daguerre(["--version"], in: Folder())
        #expect(run.status == 0)
        #expect(run.output.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil, "\(run.output)")
    }

    @Test func theBuiltinModelIsInspected() async throws {
        let run = try await Run.daguerre(["models", "inspect", "builtin", "--json"], in: Folder())
        #expect(run.status == 0, "\(run.errors)")
        let report = try jsonObject(run.output)
        #expect(report["problems"] as? [String] == [])
        #expect(report["width"] as? Int == 128)
        #expect(report["prediction"] as? String == "v_prediction")
        let components = try #require(report["components"] as? [[String: Any]])
        #expect(components.compactMap { $0["name"] as? String } == ["text_encoder", "unet", "vae"])
        #expect(components.compactMap { $0["parameters"] as? Int } == [1_002_496, 6_941_060, 2_059_287])
    }

    @Test func theBuiltinModelIsDescribed() async throws {
        let run = try await Run.daguerre(["models", "describe", "builtin"], in: Folder())
        #expect(run.status == 0, "\(run.errors)")
        for text in ["128×128", "Noto Color Emoji", "purple cat", "hedgehog", "Faces", "sky blue", "apple*"] {
            #expect(run.output.contains(text), "\(text)")
        }
        #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 110 })
    }

    @Test func theDoctorSaysWhatWillBeUsed() async throws {
        let run = try await Run.daguerre(["doctor"], in: Folder())
        #expect(run.status == 0, "\(run.errors)")
        for row in ["processor", "features", "oneDNN", "libpng", "will use"] { #expect(run.output.contains(row)) }
        let report = try jsonObject(try await Run.daguerre(["doctor", "--json"], in: Folder()).output)
        #expect(try #require(report["threads"] as? Int) >= 1)
        #expect(["float32", "bfloat16"].contains(report["precision"] as? String))
    }

    @Test func theBenchmarkReportsEveryStage() async throws {
        let run = try await Run.daguerre(["bench", "--size", "64", "--repeats", "1", "--json"], in: Folder())
        #expect(run.status == 0, "\(run.errors)")
        let report = try jsonObject(run.output)
        for name in ["text", "step", "decode", "encode", "load"] {
            let stage = try #require(report[name] as? [String: Double], "\(name)")
            let minimum = try #require(stage["minimum"])
            #expect(try #require(stage["seconds"]) >= minimum)
            #expect(minimum > 0)
            #expect(stage["gflops"] != nil)
        }
        #expect(try #require(report["peak_bytes"] as? Int) > 20_000_000)
    }

    @Test func theExampleDrawsAnApple() async throws {
        let folder = try Folder()
        let run = try await Run.program("GenerateApple", [], in: folder)
        #expect(run.status == 0, "\(run.errors)")
        #expect(try folder.picture("apple.png").image.width == 128)
    }
}
