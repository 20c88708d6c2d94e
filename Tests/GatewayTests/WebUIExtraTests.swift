import DaguerreImaging
import DaguerrePixels
import Foundation
import Testing

@Suite struct WebUIExtraTests {
    /// Left half dark, right half bright.
    private static let picture = Image(
        width: 8, height: 4, pixels: (0..<32).flatMap { [UInt8](repeating: $0 % 8 < 4 ? 10 : 200, count: 3) })

    private func enlarged(_ fields: [String: Any]) async throws -> Image {
        nonisolated(unsafe) let fields = fields
        nonisolated(unsafe) var result: Image?
        try await CompatibleServer.run { server in
            let body = try fields.merging(["image": base64(Self.picture)]) { a, _ in a }
            let answer = try await server.post("/sdapi/v1/extra-single-image", body)
            #expect(answer.status == 200, "\(answer.text)")
            let bytes = Data(base64Encoded: answer.object["image"] as? String ?? "") ?? Data()
            result = try ImageFile.decode([UInt8](bytes)).image
        }
        return try #require(result)
    }

    @Test func picturesAreMadeLargerByFilters() async throws {
        let expected = Self.picture.resized(width: 24, height: 12, filter: .lanczos)
        #expect(try await enlarged(["upscaler_1": "Lanczos", "upscaling_resize": 3]) == expected)
        #expect(try await enlarged(["upscaler_1": "None", "upscaling_resize": 3]) == Self.picture)
        #expect(try await enlarged([:]) == Self.picture)
        let mixed = try await enlarged([
            "upscaler_1": "Nearest", "upscaler_2": "Lanczos", "extras_upscaler_2_visibility": 1, "upscaling_resize": 3,
        ])
        #expect(mixed == expected, "wholly the second")
    }

    @Test func aSizeIsCoveredAndCutOff() async throws {
        let fields: [String: Any] = [
            "resize_mode": 1, "upscaling_resize_w": 16, "upscaling_resize_h": 16, "upscaler_1": "Nearest",
        ]
        #expect(
            try await enlarged(fields) == Self.picture.resized(width: 16, height: 16, mode: .crop, filter: .nearest))
        let whole = try await enlarged(fields.merging(["upscaling_crop": false]) { $1 })
        #expect((whole.width, whole.height) == (32, 16))
    }

    @Test(
        arguments: [
            ["upscaler_1": "R-ESRGAN 4x+"], ["upscaling_resize": 0], ["upscaling_resize": 1e300], ["upscaler_1": 7],
            ["resize_mode": 1, "upscaling_resize_w": 16384, "upscaling_resize_h": 16384], ["image": "AAAA"],
        ] as [[String: any Sendable]])
    func whatCannotBeDoneIsRefused(fields: [String: any Sendable]) async throws {
        try await CompatibleServer.run { server in
            let body = try (fields as [String: Any]).merging(["image": base64(Self.picture), "upscaler_1": "Lanczos"]) {
                a, _ in a
            }
            #expect(try await server.post("/sdapi/v1/extra-single-image", body).status == 422)
        }
    }

    @Test func severalPicturesAtOnce() async throws {
        try await CompatibleServer.run { server in
            let list = try (0..<3).map { ["name": "\($0)", "data": try base64(Self.picture)] }
            let answer = try await server.post(
                "/sdapi/v1/extra-batch-images", ["imageList": list, "upscaler_1": "Nearest", "upscaling_resize": 2])
            #expect((answer.object["images"] as? [String])?.count == 3)
            #expect(try await server.post("/sdapi/v1/extra-batch-images", ["imageList": []]).status == 422)
        }
    }

    @Test func aPicturesTextIsRead() async throws {
        let text = "a cat\nNegative prompt: a dog\nSteps: 3, Sampler: Euler, CFG scale: 4, Seed: 5, Size: 64x72"
        try await CompatibleServer.run { server in
            let file = try ImageFile.encode(Self.picture, as: .png, infotext: text)
            let answer = try await server.post("/sdapi/v1/png-info", ["image": Data(file).base64EncodedString()]).object
            #expect(answer["info"] as? String == text)
            let parameters = try #require(answer["parameters"] as? [String: String])
            #expect(parameters["Prompt"] == "a cat" && parameters["Negative prompt"] == "a dog")
            #expect(parameters["Steps"] == "3" && parameters["Size-1"] == "64" && parameters["Size-2"] == "72")
            let bare = try await server.post("/sdapi/v1/png-info", ["image": try base64(Self.picture)]).object
            #expect(bare["info"] as? String == "")
            #expect(bare["items"] as? [String: String] == [:])
            let texts = [
                PNG.Text(key: "Author", value: "anna"), PNG.Text(key: "parameters", value: text),
                PNG.Text(key: "Title", value: "ä → b"), PNG.Text(key: "Author", value: "bert"),
            ]
            let named = try PNG.encode(Self.picture, texts: texts)
            let all = try await server.post("/sdapi/v1/png-info", ["image": Data(named).base64EncodedString()]).object
            #expect(all["info"] as? String == text)
            #expect(all["items"] as? [String: String] == ["Author": "bert", "Title": "ä → b"])
        }
    }

    @Test func thereIsNoModelThatDescribes() async throws {
        try await CompatibleServer.run { server in
            let answer = try await server.post("/sdapi/v1/interrogate", ["image": "", "model": "clip"])
            #expect(answer.status == 501 && answer.text.contains("no model that describes pictures"))
        }
    }
}
