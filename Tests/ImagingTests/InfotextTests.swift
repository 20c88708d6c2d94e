import DaguerreImaging
import Testing

@Suite struct InfotextTests {
    private static let apple = Infotext(
        prompt: "a red apple", negativePrompt: "blurry",
        fields: [
            .init("Steps", "20"), .init("Sampler", "DPM++ 2M"), .init("CFG scale", "3.5"), .init("Seed", "1"),
            .init("Size", "128x128"),
        ])

    @Test func theTextIsWhatTheWebUIWrites() {
        let expected = """
            a red apple
            Negative prompt: blurry
            Steps: 20, Sampler: DPM++ 2M, CFG scale: 3.5, Seed: 1, Size: 128x128
            """
        #expect(Self.apple.text == expected)
        #expect(Infotext(prompt: "cat", fields: [.init("Steps", "1")]).text == "cat\nSteps: 1")
    }

    @Test func whatIsWrittenIsReadBack() {
        var odd = Self.apple
        odd.prompt = "two lines,\nof: text"
        odd.negativePrompt = "three\n\nof them"
        odd.fields += [
            .init("Lora hashes", "a: 1234, b: \"5678\""), .init("Model", "tab\t line\n back\\slash \u{1} ☃"),
            .init("Version", "daguerre 0.1"),
        ]
        for info in [Self.apple, odd, Infotext(prompt: "", fields: Self.apple.fields), Infotext(prompt: "only")] {
            #expect(Infotext(parsing: info.text) == info)
        }
    }

    /// The form that AUTOMATIC1111 1.10 writes, with quoted values.
    @Test func aTextOfTheWebUIIsRead() {
        let info = Infotext(
            parsing: """
                masterpiece, <lora:style:0.8> castle
                on a hill
                Negative prompt: lowres, (bad:1.2)
                Steps: 28, Sampler: Euler a, Schedule type: Automatic, CFG scale: 7, Seed: 965400086, Size: 512x768, \
                Model hash: c6bbc15e32, Model: sd-1.5, Lora hashes: "style: 7a9e, other: 1b", Version: v1.10.1
                """)
        #expect(info.prompt == "masterpiece, <lora:style:0.8> castle\non a hill")
        #expect(info.negativePrompt == "lowres, (bad:1.2)")
        #expect(info.fields.count == 10)
        #expect(info["Sampler"] == "Euler a")
        #expect(info["Lora hashes"] == "style: 7a9e, other: 1b")
        #expect(info["Version"] == "v1.10.1")
        #expect(info["Denoising strength"] == nil)
    }

    @Test func aLastLineOfFewerThanThreeSettingsBelongsToThePrompt() {
        let info = Infotext(parsing: "a sign: hello, world: bye")
        #expect(info.prompt == "a sign: hello, world: bye")
        #expect(info.fields.isEmpty)
    }

    @Test(arguments: [
        "", "\n\n", ":", "a: \"", "a: \"\\", "a: \"\\u12", "Negative prompt:", "a:b:c:d,e:f,,,:", "x: \"y\"z",
    ])
    func anyTextIsReadWithoutATrap(text: String) {
        _ = Infotext(parsing: text)
        _ = Infotext(parsing: "p\nSteps: 1, Seed: 2, Size: 3, " + text)
    }
}
