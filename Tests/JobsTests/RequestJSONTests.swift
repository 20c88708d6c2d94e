import DaguerreJobs
import Foundation
import Testing

@Suite struct RequestJSONTests {
    static let digest = String(repeating: "0a", count: 32)

    /// Every field, each away from its default.
    static let full = """
        {"model": "m", "vae": "v", "prompt": "p", "negative_prompt": "n", "seed": 18446744073709551615, "count": 2,
         "steps": 3, "guidance_scale": 4.5, "guidance_rescale": 0.25, "width": 64, "height": 72, "sampler": "s",
         "schedule": "c", "random": "torch", "clip_skip": 2, "emphasis": "ignore",
         "variation": {"seed": 7, "strength": 0.5}, "seed_size": {"width": 8, "height": 16}, "tiling": "both",
         "loras": [{"name": "l", "weight": 0.5, "text_weight": 0.25}],
         "image": {"upload": "\(digest)", "strength": 0.5, "resize_mode": "resize-and-fill"},
         "mask": {"upload": "\(digest)", "invert": true, "blur": 1, "content": "latent-noise", "padding": 32},
         "controls": [{"model": "c", "image": "\(digest)", "mask": "\(digest)", "preprocessor": "canny",
           "resolution": 512, "threshold_a": 1, "threshold_b": 2, "resize_mode": "just-resize", "weight": 0.5,
           "start": 0.1, "end": 0.9, "mode": "prompt", "returns_map": true}],
         "image_prompts": [{"model": "i", "encoder": "e", "images": ["\(digest)"], "scale": 0.5}],
         "hires": {"scale": 1.5, "width": 8, "height": 16, "upscaler": "u", "steps": 2, "strength": 0.5,
           "sampler": "s", "schedule": "c"},
         "refiner": {"model": "r", "start": 0.5},
         "noise": {"eta": 0.5, "s_churn": 1, "s_tmin": 2, "s_tmax": 3, "s_noise": 4},
         "conditions": {"original_size": {"width": 1, "height": 2}, "target_size": {"width": 3, "height": 4},
           "crop_left": 5, "crop_top": 6, "aesthetic_score": 7, "negative_aesthetic_score": 8},
         "output": {"format": "webp", "quality": 50}, "previews": true}
        """

    private func decode(_ text: String, noting unknown: UnknownFields? = nil) throws(RequestError) -> JobRequest {
        try RequestJSON.decode(JobRequest.self, from: Array(text.utf8), noting: unknown)
    }

    @Test func aPromptAloneHasEveryDefault() throws {
        #expect(try decode(#"{"prompt": "a lake"}"#) == JobRequest("a lake"))
        #expect(
            try decode(#"{"prompt": "a lake", "steps": null, "count": null, "loras": null}"#) == JobRequest("a lake"))
    }

    /// Writing what was read gives the same members with the same values: no field is lost, spelled anew or left at its default.
    @Test func everyFieldIsReadAndWrittenByTheSameName() throws {
        let unknown = UnknownFields()
        let request = try decode(Self.full, noting: unknown)
        #expect(unknown.names.isEmpty)
        let written = try JSONSerialization.jsonObject(with: JSONEncoder().encode(request)) as? NSDictionary
        let given = try JSONSerialization.jsonObject(with: Data(Self.full.utf8)) as? NSDictionary
        #expect(written == given)
        #expect(try decode(String(decoding: JSONEncoder().encode(request), as: UTF8.self)) == request)
    }

    @Test func unknownFieldsAreCollectedWithTheirFullPath() throws {
        let unknown = UnknownFields()
        let text = """
            {"prompt": "p", "n_iter": 1, "loras": [{"name": "l"}, {"name": "k", "wieght": 2}],
             "output": {"colour": {"x": 1}}, "conditions": {"original_size": {"width": 1, "height": 1, "depth": 2}}}
            """
        #expect(try decode(text, noting: unknown).loras.count == 2)
        #expect(
            unknown.names.sorted() == [
                "conditions.original_size.depth", "loras[1].wieght", "n_iter", "output.colour",
            ])
        #expect(
            throws: RequestError("conditions.original_size.depth", found: "it", expected: "a field of this request")
        ) {
            try unknown.refuse()
        }
    }

    @Test func onlySomeUnknownFieldsAreKept() throws {
        let unknown = UnknownFields()
        let many = (0..<1000).map { "\"\($0)\(String(repeating: "y", count: 500))\": 1" }.joined(separator: ",")
        _ = try decode("{\"prompt\": \"p\", \(many)}", noting: unknown)
        #expect(unknown.names.count == UnknownFields.mostNames)
        #expect(unknown.names.allSatisfy { $0.utf8.count <= 64 })
    }

    @Test func aMistypedNameIsSaidBeforeWhatIsMissingForIt() {
        #expect(throws: RequestError("promt", found: "it", expected: "a field of this request")) {
            _ = try decode(#"{"promt": "p"}"#, noting: UnknownFields())
        }
    }

    @Test(arguments: [
        (#"{}"#, "prompt is missing; expected text"),
        (#"{"prompt": null}"#, "prompt is missing; expected text"),
        (#"{"prompt": 7}"#, "prompt: 7 is not text"),
        (#"[]"#, "body: a list is not an object"),
        (#"{"prompt": "p", "steps": "twenty"}"#, "steps: \"twenty\" is not a whole number"),
        (#"{"prompt": "p", "steps": 20.5}"#, "steps: 20.5 is not a whole number"),
        (#"{"prompt": "p", "steps": 99999999999999999999}"#, "steps: 1e+20 is not a whole number"),
        (#"{"prompt": "p", "seed": -1}"#, "seed: -1 is not a whole number from 0 to 18446744073709551615"),
        (#"{"prompt": "p", "guidance_scale": []}"#, "guidance_scale: a list is not a number"),
        (#"{"prompt": "p", "previews": "yes"}"#, "previews: \"yes\" is not true or false"),
        (#"{"prompt": "p", "loras": {}}"#, "loras: an object is not a list"),
        (#"{"prompt": "p", "loras": [{"name": "l"}, {}]}"#, "loras[1].name is missing; expected text"),
        (#"{"prompt": "p", "loras": [{"name": "l", "weight": "1"}]}"#, "loras[0].weight: \"1\" is not a number"),
        (#"{"prompt": "p", "loras": ["l"]}"#, "loras[0]: \"l\" is not an object"),
        (#"{"prompt": "p", "output": {"format": "gif"}}"#, "output.format: \"gif\" is not one of png, jpeg, webp"),
        (
            #"{"prompt": "p", "image": {"upload": "../../etc/passwd"}}"#,
            "image.upload: \"../../etc/passwd\" is not the digest of an upload, which is 64 lowercase hexadecimal digits"
        ),
        (
            #"{"prompt": "p", "controls": [{"model": "c", "preprocessor": "x\ny"}]}"#,
            "controls[0].preprocessor: \"x y\" is not one of none, canny, invert, threshold, blur_gaussian, tile_resample, "
                + "inpaint_only, recolor_luminance, recolor_intensity, scribble_xdog, depth"
        ),
    ])
    func aWrongValueIsNamedWithItsPath(_ text: String, _ message: String) {
        #expect(#expect(throws: RequestError.self) { try decode(text) }?.message == message)
    }

    @Test(arguments: [
        "", "{", "nul", "{\"prompt\": \"p\", \"guidance_scale\": NaN}",
        "{\"prompt\": \"p\", \"guidance_scale\": 1e400}",
        "{\"prompt\": \"p\", \"guidance_scale\": -1e999999999}", "{\"prompt\": \"p\", \"x\": 1e400, \"steps\": 1e400}",
        "{\"prompt\": \"p\"} x", "{\"prompt\": \"\\ud800\"}", "\u{feff}[",
        "{\"prompt\": " + String(repeating: "[", count: 100_000),
        "{\"prompt\": \"p\", \"x\": " + String(repeating: "{\"a\":", count: 100_000),
        "{\"prompt\": \"p\", \"loras\": [" + String(repeating: "{\"name\":\"l\"},", count: 100_000)
            + "{\"name\":\"l\"}]}",
    ])
    func hostileTextIsAnError(_ text: String) {
        #expect(throws: RequestError.self) { try decode(text) }
    }

    @Test func bytesThatAreNoTextAreAnError() {
        #expect(throws: RequestError.self) {
            try RequestJSON.decode(JobRequest.self, from: [0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])
        }
    }

    /// A text cut anywhere, and one with any byte changed, is read or refused, and never traps.
    @Test func damagedTextIsReadOrRefused() {
        let bytes = Array(Self.full.utf8)
        for end in 0..<bytes.count {
            #expect(throws: RequestError.self) { try RequestJSON.decode(JobRequest.self, from: Array(bytes[..<end])) }
        }
        var generator = SystemRandomNumberGenerator()
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] = UInt8.random(in: 0...255, using: &generator)
            _ = try? RequestJSON.decode(JobRequest.self, from: damaged, noting: UnknownFields())
        }
    }
}
