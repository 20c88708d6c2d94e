import DaguerreCheckpoints
import DaguerreImaging
import DaguerrePixels
import DaguerreTensors
import Foundation
import Testing

/// `daguerre generate` with the built-in model, as a person would type it.
@Suite(.serialized) struct GenerateTests {
    @Test func aRedAppleIsRedOnWhiteAndItsPathIsPrinted() async throws {
        let folder = try Folder()
        let run = try await Run.daguerre(["generate", "a red apple", "--seed", "1"], in: folder)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == "a-red-apple-1.png\n")
        #expect(try folder.names() == ["a-red-apple-1.png"])
        let image = try folder.picture("a-red-apple-1.png").image
        #expect((image.width, image.height) == (128, 128))
        let middle = mean(image, 44..<84)
        #expect(middle.red > 150 && middle.red > middle.green + 60 && middle.red > middle.blue + 60, "\(middle)")
        let corner = mean(image, 0..<12)
        #expect(min(corner.red, corner.green, corner.blue) > 215, "\(corner)")
    }

    @Test func theFileSaysHowItWasMade() async throws {
        let folder = try Folder()
        let run = try await Run.daguerre(
            [
                "generate", "a blue heart, small", "--negative-prompt", "-red", "--seed", "12345678901", "--steps", "2",
                "--guidance", "5", "--sampler", "Euler a", "--random", "torch", "--output", "heart.png",
            ], in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let text = try #require(folder.picture("heart.png").texts.first { $0.key == Infotext.chunkKey })
        let info = Infotext(parsing: text.value)
        #expect(info.prompt == "a blue heart, small")
        #expect(info.negativePrompt == "-red")
        #expect(info["Steps"] == "2")
        #expect(info["Sampler"] == "Euler a")
        #expect(info["CFG scale"] == "5")
        #expect(info["Seed"] == "12345678901")
        #expect(info["Size"] == "128x128")
        #expect(info["Model"] == "builtin")
        #expect(info["Model hash"]?.count == 10)
        #expect(info["RNG"] == "CPU")
    }

    @Test(arguments: [
        (["--tile-x"], [String]()), (["--variation-seed", "8", "--variation-strength", "0.4"], []),
        (["--seed-resize-from", "64x96", "--clip-skip", "2", "--emphasis", "no-norm"], []),
        (["--sampler", "DPM++ SDE Karras", "--hires-scale", "1.5", "--hires-sampler", "Euler a", "--eta", "0.5"], []),
        (["--image", "start.png", "--strength", "0.5"], ["--image", "start.png"]),
    ])
    func aPictureIsDrawnAgainByWhatItsFileSays(options: [String], files: [String]) async throws {
        let folder = try Folder()
        for arguments in [
            ["generate", "a cat", "--seed", "3", "--steps", "4", "--output", "start.png"],
            ["generate", "a red apple", "--seed", "5", "--steps", "4", "--output", "first.png"] + options,
            ["generate", "--from", "first.png", "--output", "again.png"] + files,
        ] {
            let run = try await Run.daguerre(arguments, in: folder)
            #expect(run.status == 0, "\(run.errors)")
        }
        #expect(try folder.picture("again.png").image == folder.picture("first.png").image)
    }

    @Test(arguments: [
        (["--image", "start.png"], "--image"),
        (["--image", "start.png", "--outpaint", "8,8,8,8"], "--mask or --outpaint"),
    ])
    func aFileThatAPictureWasMadeOfIsAskedFor(options: [String], asked: String) async throws {
        let folder = try Folder()
        for arguments in [
            ["generate", "a cat", "--steps", "2", "--output", "start.png"],
            ["generate", "a cat", "--steps", "4", "--output", "first.png"] + options,
        ] {
            let run = try await Run.daguerre(arguments, in: folder)
            #expect(run.status == 0, "\(run.errors)")
        }
        let given = asked == "--image" ? [] : ["--image", "start.png"]
        let run = try await Run.daguerre(["generate", "--from", "first.png"] + given, in: folder)
        #expect(run.status == 2)
        #expect(run.errors.hasSuffix("give it with \(asked)\n"), "\(run.errors)")
    }

    @Test func aRunThatBeginsWithGivenLatentsMayHaveALargerSecondPass() async throws {
        let folder = try Folder()
        for arguments in [
            ["generate", "a cat", "--steps", "2", "--output", "a.png", "--latents-output", "latents.safetensors"],
            [
                "generate", "a cat", "--steps", "2", "--output", "b.png", "--initial-latents", "latents.safetensors",
                "--hires-scale", "1.5",
            ],
        ] {
            let run = try await Run.daguerre(arguments, in: folder)
            #expect(run.status == 0, "\(run.errors)")
        }
        #expect(try folder.picture("b.png").image.width == 192)
    }

    @Test func whatAFileSaysOfItsPictureCanBeLeftOut() async throws {
        let folder = try Folder()
        let common = ["generate", "a cat", "--steps", "2", "--seed", "1", "--output"]
        var pictures: [Image] = []
        for (name, options, hasText, hasMark) in [
            ("both.png", [], true, true), ("mark.jpg", ["--no-infotext"], false, true),
            ("text.webp", ["--no-provenance"], true, false),
            ("none.png", ["--no-infotext", "--no-provenance"], false, false),
        ] {
            let run = try await Run.daguerre(common + [name] + options, in: folder)
            #expect(run.status == 0, "\(run.errors)")
            let contents = try ImageFile.decode(folder.bytes(name))
            #expect((contents.infotext != nil) == hasText)
            let mark = Data("digitalsourcetype/trainedAlgorithmicMedia".utf8)
            #expect((Data(try folder.bytes(name)).range(of: mark) != nil) == hasMark)
            pictures.append(contents.image)
        }
        #expect(pictures[0] == pictures[3])
    }

    @Test func aSeedIsAPictureWhateverTheThreads() async throws {
        let folder = try Folder()
        for (name, seed, threads) in [("a", "1", "1"), ("b", "1", "2"), ("c", "2", "2")] {
            let run = try await Run.daguerre(
                [
                    "generate", "a cat", "--steps", "2", "--seed", seed, "--threads", threads, "--output",
                    "\(name).png",
                ], in: folder)
            #expect(run.status == 0, "\(run.errors)")
        }
        #expect(try folder.bytes("a.png") == folder.bytes("b.png"))
        #expect(try folder.picture("a.png").image != folder.picture("c.png").image)
    }

    @Test func picturesOfARunHaveSeedsInARowAndNothingIsReplaced() async throws {
        let folder = try Folder()
        let arguments = ["generate", "a dog", "--steps", "1", "--seed", "4", "--count"]
        let several = try await Run.daguerre(arguments + ["2"], in: folder)
        #expect(several.paths == ["a-dog-4.png", "a-dog-5.png"])
        let first = try folder.bytes("a-dog-4.png")
        let again = try await Run.daguerre(arguments + ["1"], in: folder)
        #expect(again.paths == ["a-dog-4-2.png"])
        #expect(try folder.bytes("a-dog-4.png") == first)
        #expect(try folder.bytes("a-dog-4-2.png") == first)
    }

    @Test func jsonIsOneObjectWithEverythingInIt() async throws {
        let folder = try Folder()
        let run = try await Run.daguerre(
            ["generate", "a star", "--steps", "3", "--json", "--latents-output", "star.safetensors"], in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let report = try jsonObject(run.output)
        let files = try #require(report["files"] as? [String])
        #expect(try folder.names() == (files + ["star.safetensors"]).sorted())
        #expect(report["width"] as? Int == 128)
        #expect(report["guidance"] as? Double == 3.5)
        #expect(report["sampler"] as? String == "DPMSolverMultistepScheduler")
        #expect(try #require(report["seed"] as? Int) >= 0)
        #expect(try #require(report["flops"] as? Int) > 1_000_000_000)
        #expect(try #require(report["peak_bytes"] as? Int) > 20_000_000)
        let model = try #require(report["model"] as? [String: Any])
        #expect((model["digest"] as? String)?.count == 64)
        let timings = try #require(report["timings"] as? [String: Any])
        #expect((timings["steps"] as? [Double])?.count == 3)
        for stage in ["load", "text", "decode", "total"] {
            #expect(try #require(timings[stage] as? Double) > 0, "\(stage)")
        }
        let latents = try #require(SafetensorsFile(path: folder.url.path + "/star.safetensors")["latents"])
        #expect(latents.shape == [1, 4, 16, 16] && latents.elementType == .float32)
        #expect(!latents.floats.contains { !$0.isFinite })
    }

    @Test func latentsToBeginWithTakeThePlaceOfTheSeed() async throws {
        let folder = try Folder()
        let values: [Float] = (0..<2048).map { index in
            let number: Int = index * 7919 % 2003
            return Float(number) / 578 - 1.73
        }
        try SafetensorsWriter.write(
            [(name: "latents", tensor: HostTensor(values, shape: [2, 4, 16, 16]))],
            to: folder.url.path + "/start.safetensors")
        for seed in ["1", "2"] {
            let run = try await Run.daguerre(
                [
                    "generate", "a rose", "--steps", "2", "--seed", seed, "--initial-latents", "start.safetensors",
                    "--output", "\(seed).png",
                ], in: folder)
            #expect(run.paths == ["\(seed)-1.png", "\(seed)-2.png"], "\(run.errors)")
        }
        #expect(try folder.picture("1-1.png").image == folder.picture("2-1.png").image)
        #expect(try folder.picture("1-1.png").image != folder.picture("1-2.png").image)
    }

    @Test func anySizeDivisibleByEightWorks() async throws {
        let folder = try Folder()
        let run = try await Run.daguerre(
            ["generate", "a tree", "--steps", "1", "--width", "136", "--height", "72", "--output", "tree.png"],
            in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let image = try folder.picture("tree.png").image
        #expect((image.width, image.height) == (136, 72))
    }

    @Test func aPromptOfAThousandWordsIsDrawnInFurtherChunks() async throws {
        let folder = try Folder()
        let prompt = Array(repeating: "apple", count: 1000).joined(separator: " ")
        let run = try await Run.daguerre(["generate", prompt, "--steps", "1"], in: folder)
        #expect(run.status == 0, "\(run.errors)")
        #expect(!run.errors.contains("daguerre: warning: "))
        #expect(try folder.names().count == 1)
    }

    @Test func aPromptOfTenThousandWordsIsRefusedInOneLine() async throws {
        let folder = try Folder()
        let prompt = Array(repeating: "apple", count: 10_000).joined(separator: " ")
        let run = try await Run.daguerre(["generate", prompt, "--steps", "1"], in: folder)
        #expect(run.status == 2)
        #expect(run.errors.split(separator: "\n").count == 1)
        #expect(run.errors.count < 500)
        #expect(try folder.names().isEmpty)
    }

    @Test func aWordThatTheModelDoesNotKnowGetsAHint() async throws {
        let folder = try Folder()
        let unknown = try await Run.daguerre(["generate", "an astronaut", "--steps", "1"], in: folder)
        #expect(unknown.status == 0)
        #expect(unknown.errors.contains("\"astronaut\""))
        #expect(unknown.errors.contains("daguerre models describe builtin"))
        let known = try await Run.daguerre(["generate", "a purple cat", "--steps", "1"], in: folder)
        #expect(!known.errors.contains("hint"))
    }

    @Test func progressIsPlainLinesWhereNobodyWatches() async throws {
        let folder = try Folder()
        let run = try await Run.daguerre(["generate", "a key", "--steps", "2"], in: folder)
        let lines = run.errors.split(separator: "\n").filter { $0.hasPrefix("step ") }
        #expect(lines.count == 2)
        #expect(lines.first?.contains("s/step") == true && lines.first?.hasSuffix("left") == true)
        #expect(!run.errors.contains("\r") && !run.errors.contains("\u{1b}"))
    }
}

private func mean(_ image: Image, _ range: Range<Int>) -> (red: Int, green: Int, blue: Int) {
    var sums = [0, 0, 0]
    for y in range {
        for x in range {
            for c in 0..<3 { sums[c] += Int(image.pixels[(y * image.width + x) * 3 + c]) }
        }
    }
    let count = range.count * range.count
    return (sums[0] / count, sums[1] / count, sums[2] / count)
}
