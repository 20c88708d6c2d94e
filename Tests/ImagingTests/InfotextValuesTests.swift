import DaguerreImaging
import Testing

@Suite struct InfotextValuesTests {
    private static let info = Infotext(
        parsing: """
            cat
            Steps: 20, Sampler: Euler, CFG scale: 7.5, Seed: 18446744073709551615, Size: 512x768, Clip skip: 2, \
            Denoising strength: 0.7, Variation seed: -1, Variation seed strength: 0.25, Seed resize from: 512x, \
            Mask blur: four, Inpaint area: Only masked, Tiling: True, RNG: NV, Hires upscale: 1e999, \
            ControlNet 0: "Module: canny, Model: control_v11p [d14c016b], Weight: 0.8, Resize Mode: Crop and Resize, \
            Processor Res: 512, Threshold A: 100.0, Pixel Perfect: False, Control Mode: Balanced", \
            Lora hashes: "my.style (v2): 7a9eb1c2, other: 1b", Refiner switch at: 0.8, Version: daguerre 0.1
            """)

    @Test func settingsAreReadAsWhatTheyStandFor() throws {
        #expect(try Self.info.integer(.steps) == 20)
        #expect(try Self.info.integer(.seed) == UInt64.max)
        #expect(try Self.info.integer(.variationSeed) == -1)
        #expect(try Self.info.integer(.clipSkip, in: 1...12) == 2)
        #expect(try Self.info.number(.guidance) == 7.5)
        #expect(try Self.info.number(.denoisingStrength, in: 0...1) == 0.7)
        #expect(try Self.info.number(.steps) == 20)
        #expect(try Self.info.flag(.tiling) == true)
        let size = try #require(try Self.info.size(.size))
        #expect(size == (512, 768))
        #expect(Self.info[.inpaintArea] == "Only masked")
        #expect(Self.info[.refinerSwitch] == "0.8")
    }

    @Test func whatIsNotThereIsNil() throws {
        let steps: Int? = try Self.info.integer(.hiresSteps)
        #expect(steps == nil)
        #expect(try Self.info.number(.eta) == nil)
        #expect(try Self.info.size(.hiresResize) == nil)
        #expect(try Self.info.flag("Face restoration") == nil)
        #expect(Self.info.parts(of: "TI hashes").fields.isEmpty)
    }

    @Test func settingsOfSeveralPartsAreSettingsThemselves() throws {
        let unit = Self.info.parts(of: Infotext.controlNetName(0))
        #expect(unit["Module"] == "canny")
        #expect(unit["Model"] == "control_v11p [d14c016b]")
        #expect(try unit.number("Weight", in: 0...2) == 0.8)
        #expect(try unit.integer("Processor Res") == 512)
        #expect(try unit.flag("Pixel Perfect") == false)
        #expect(unit["Control Mode"] == "Balanced")
        let hashes = Self.info.parts(of: Infotext.Name.loraHashes.rawValue).fields
        #expect(hashes == [.init("my.style (v2)", "7a9eb1c2"), .init("other", "1b")])
        #expect(Infotext.Field("Lora hashes", parts: hashes).value == Self.info[.loraHashes])
    }

    @Test func aValueOfTheWrongFormIsRefusedByName() {
        func message(_ read: () throws(ImagingError) -> Void) -> String {
            do {
                try read()
                return ""
            } catch { return error.description }
        }
        func integer(_ name: Infotext.Name, _ range: ClosedRange<Int> = .min ... .max) -> String {
            message { () throws(ImagingError) in _ = try Self.info.integer(name, in: range) }
        }
        #expect(integer(.seed) == "the picture's text: Seed is \"18446744073709551615\", expected a whole number")
        #expect(integer(.guidance).contains("CFG scale is \"7.5\""))
        #expect(integer(.steps, 1...10).hasSuffix("expected a whole number from 1 to 10"))
        for (name, text) in [(Infotext.Name.maskBlur, "four"), (.hiresUpscale, "1e999"), (.sampler, "Euler")] {
            let words = message { () throws(ImagingError) in _ = try Self.info.number(name) }
            #expect(words.contains("\(name.rawValue) is \"\(text)\", expected a number"))
        }
        #expect(
            message { () throws(ImagingError) in _ = try Self.info.number(.guidance, in: 0...1) }
                .hasSuffix("expected a number from 0.0 to 1.0"))
        for name in [Infotext.Name.seedResizeFrom, .steps, .randomSource] {
            #expect(message { () throws(ImagingError) in _ = try Self.info.size(name) }.contains(name.rawValue))
        }
        #expect(message { () throws(ImagingError) in _ = try Self.info.flag(.randomSource) }.contains("True or False"))
    }

    @Test func everyNameIsOneThatALineOfSettingsCanHold() {
        let names = Infotext.Name.allCases
        let info = Infotext(prompt: "p", fields: names.map { .init($0, "1") })
        #expect(Infotext(parsing: info.text) == info)
        #expect(Set(names.map(\.rawValue)).count == names.count)
    }

    @Test func anySettingsComeBackAsTheyWere() {
        let letters = Array("aZ9_ -/:,\"\\\n\r\t{}[]()<>=\u{0}\u{7f}é☃🍎\u{2028}  ")
        var random = SystemRandomNumberGenerator()
        func text(_ count: ClosedRange<Int>, _ alphabet: [Character]) -> String {
            String(
                (0..<Int.random(in: count, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" })
        }
        let nameLetters = Array("abcXYZ019_-/ ")
        for _ in 0..<4_000 {
            let fields = (0..<Int.random(in: 3...9, using: &random)).map { i in
                let middle = text(0...6, nameLetters)
                return Infotext.Field("n\(middle)\(i)", text(0...12, letters))
            }
            let info = Infotext(prompt: "a cat", negativePrompt: "dog, \(text(0...3, Array("abc")))x", fields: fields)
            #expect(Infotext(parsing: info.text) == info, "\(info.text.debugDescription)")
        }
    }

    @Test func anyTextThatWasReadIsReadTheSameAgain() {
        var read = 0
        let pieces = [
            "Steps: 1, Seed: 2, Size: 1x1", "Steps: 1", ", ", "Seed: 2", "\n", "Negative prompt:", " ", "\"", "\\", ":",
            "x", "Size: 1x1", "\r\n", ",",
        ]
        var random = SystemRandomNumberGenerator()
        for _ in 0..<4_000 {
            let text = (0..<Int.random(in: 0...14, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            let info = Infotext(parsing: text)
            // Without settings of its own, a last line of the prompt may look like some.
            guard !info.fields.isEmpty else { continue }
            let again = Infotext(parsing: info.text)
            #expect(again.fields == info.fields, "\(text.debugDescription)")
            #expect(again.prompt == info.prompt, "\(text.debugDescription)")
            read += 1
        }
        #expect(read > 100)
    }

    @Test func linesMayEndAsOnWindows() {
        let info = Infotext(parsing: "a\r\nb\r\nNegative prompt: c\r\nSteps: 1, Seed: 2, Size: 3x4\r\n")
        #expect(info.prompt == "a\nb")
        #expect(info.negativePrompt == "c")
        #expect(info.fields.map(\.value) == ["1", "2", "3x4"])
    }
}
