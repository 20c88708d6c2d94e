import DaguerreImaging
import DaguerreJobs
import DaguerrePixels
import Foundation
import GatewaySupport
import Testing

@Suite struct WebUISessionTests {
    @Test func settingsAreACallersOwn() async throws {
        try await CompatibleServer.run(keys: FixedKeys()) { server in
            var options = try await server.get("/sdapi/v1/options", key: "sd_anna").object
            #expect(options["sd_model_checkpoint"] as? String == "builtin")
            // The whole object comes back with another model in it.
            options["sd_model_checkpoint"] = "other model.safetensors [ababababab]"
            #expect(try await server.post("/sdapi/v1/options", options, key: "sd_anna").text == "null")
            let changed = try await server.get("/sdapi/v1/options", key: "sd_anna").object
            #expect(changed["sd_model_checkpoint"] as? String == "other model.safetensors [ababababab]")
            let others = try await server.get("/sdapi/v1/options", key: "sd_bert").object
            #expect(others["sd_model_checkpoint"] as? String == "builtin")
            for (key, owner, model) in [("sd_anna", "anna", "other model"), ("sd_bert", "bert", "builtin")] {
                _ = try await server.post("/sdapi/v1/txt2img", ["prompt": "a"], key: key)
                #expect(try await server.requests(of: Owner(owner)).first?.model == model)
            }
        }
    }

    @Test func aRequestsSettingsAreItsOwn() async throws {
        try await CompatibleServer.run { server in
            let before = try await server.get("/sdapi/v1/options").text
            _ = try await server.post(
                "/sdapi/v1/txt2img",
                [
                    "prompt": "a",
                    "override_settings": ["sd_model_checkpoint": "other model", "CLIP_stop_at_last_layers": 3],
                    "override_settings_restore_afterwards": false,
                ])
            #expect(try await server.requests().first?.model == "other model")
            #expect(try await server.get("/sdapi/v1/options").text == before)
        }
    }

    @Test func interruptionAndProgressAreTheCallersOwn() async throws {
        var drawing = StubServer.Drawing()
        drawing.step = .milliseconds(10)
        try await CompatibleServer.run(keys: FixedKeys(), drawing) { server in
            try await withThrowingTaskGroup(of: (String, CompatibleServer.Answer).self) { group in
                for (key, steps) in [("sd_anna", 150), ("sd_bert", 20)] {
                    group.addTask {
                        let body: [String: Any] = [
                            "prompt": key, "steps": steps, "n_iter": 2, "width": 64, "height": 64,
                        ]
                        return (key, try await server.post("/sdapi/v1/txt2img", body, key: key))
                    }
                }
                try await eventually {
                    let state =
                        try await server.get("/sdapi/v1/progress", key: "sd_anna").object["state"] as? [String: Any]
                    return (state?["sampling_step"] as? Int ?? 0) > 2
                }
                let progress = try await server.get("/sdapi/v1/progress", key: "sd_anna").object
                #expect((0.01..<0.5).contains(progress["progress"] as? Double ?? 0))
                #expect((progress["state"] as? [String: Any])?["job_count"] as? Int == 2)
                let preview = Data(base64Encoded: progress["current_image"] as? String ?? "") ?? Data()
                #expect(try ImageFile.decode([UInt8](preview)).image.width == 8)
                let bare = try await server.get("/sdapi/v1/progress?skip_current_image=true", key: "sd_anna").object
                #expect(bare["current_image"] is NSNull)
                let idle = try await server.get("/sdapi/v1/progress", key: "sd_mona").object
                #expect(idle["progress"] as? Double == 0)
                #expect((idle["state"] as? [String: Any])?["job_count"] as? Int == 0)
                #expect(try await server.post("/sdapi/v1/interrupt", [:], key: "sd_mona").object.isEmpty)
                #expect(try await server.post("/sdapi/v1/interrupt", [:], key: "sd_anna").status == 200)
                for try await (key, answer) in group {
                    let images = try #require(answer.object["images"] as? [String], "\(answer.text.prefix(200))")
                    #expect(images.count == (key == "sd_anna" ? 1 : 2))
                    let first = try ImageFile.decode([UInt8](Data(base64Encoded: images[0]) ?? Data())).image
                    #expect((first.width, first.height) == (64, 64), "as it stood, in the size that was asked for")
                }
            }
            #expect(try await server.server.queue.jobs(JobFilter(owner: Owner("anna"))).map(\.state) == [.cancelled])
            #expect(
                try await server.server.queue.jobs(JobFilter(owner: Owner("bert"))).map(\.state) == [
                    .succeeded, .succeeded,
                ])
        }
    }

    @Test func skippingGivesUpThePresentBatchOnly() async throws {
        var drawing = StubServer.Drawing()
        drawing.step = .milliseconds(10)
        try await CompatibleServer.run(drawing) { server in
            async let answer = server.post("/sdapi/v1/txt2img", ["prompt": "a", "steps": 40, "n_iter": 2, "seed": 1])
            try await eventually {
                let state = try await server.get("/sdapi/v1/progress").object["state"] as? [String: Any]
                return (state?["sampling_step"] as? Int ?? 0) > 0
            }
            _ = try await server.post("/sdapi/v1/skip", [:])
            #expect((try await answer.object["info"] as? String)?.contains("\"all_seeds\":[2]") == true)
            #expect(
                try await server.server.queue.jobs(JobFilter(owner: .local)).map(\.state) == [.succeeded, .cancelled])
        }
    }

    @Test func aClientsOwnNameOfATaskTellsItsProgress() async throws {
        var drawing = StubServer.Drawing()
        drawing.step = .milliseconds(10)
        try await CompatibleServer.run(drawing) { server in
            async let answer = server.post(
                "/sdapi/v1/txt2img", ["prompt": "a", "steps": 40, "force_task_id": "task(1)"])
            try await eventually {
                try await server.post("/internal/progress", ["id_task": "task(1)"]).object["active"] as? Bool == true
            }
            #expect(
                try await server.post("/internal/progress", ["id_task": "task(2)"]).object["completed"] as? Bool == true
            )
            _ = try await answer
            #expect(
                try await server.post("/internal/progress", ["id_task": "task(1)"]).object["completed"] as? Bool == true
            )
        }
    }

    @Test func whatAPolicyWithheldIsToldBesideTheRest() async throws {
        var drawing = StubServer.Drawing()
        drawing.outcomes["part"] = StubServer.partlyWithheld()
        drawing.outcomes["none"] = .blocked(
            [SafetyRecord(.blocked, concepts: [2])], JobUsage(stages: [], steps: 1, peakBytes: 0))
        try await CompatibleServer.run(drawing) { server in
            let answer = try await server.post(
                "/sdapi/v1/txt2img",
                [
                    "prompt": "part", "batch_size": 3, "n_iter": 2, "seed": 5, "subseed": 50, "subseed_strength": 0.5,
                    "send_images": false,
                ])
            let info = try #require(
                try JSONSerialization.jsonObject(with: Data((answer.object["info"] as? String ?? "").utf8))
                    as? [String: Any])
            #expect(info["all_seeds"] as? [Int] == [5, 7, 5, 7])
            #expect(info["all_subseeds"] as? [Int] == [50, 52, 53, 55])
            let safety = try #require(info["safety"] as? [[String: Any]])
            #expect(
                safety.map { $0["action"] as? String } == [
                    "passed", "blocked", "blurred", "passed", "blocked", "blurred",
                ])
            #expect(safety[1]["concepts"] as? [Int] == [3, 9])
            // All batches blocked is an error, and each was tried.
            let blocked = try await server.post("/sdapi/v1/txt2img", ["prompt": "none", "n_iter": 3])
            #expect(blocked.status == 422 && blocked.text.contains("safety policy"))
            #expect(try await server.requests().count == 5)

            let images = try await server.post(
                "/v1/images/generations", ["prompt": "part", "n": 3, "response_format": "url"])
            #expect((images.object["data"] as? [Any])?.count == 2)
            #expect(
                (images.object["safety"] as? [[String: Any]])?.map { $0["action"] as? String } == [
                    "passed", "blocked", "blurred",
                ])
            let plain = try await server.post("/v1/images/generations", ["prompt": "x", "response_format": "url"])
            #expect(plain.object["data"] != nil && plain.object["safety"] == nil)
        }
    }

    @Test(arguments: [
        (JobOutcome.failed(JobFailure(.outOfMemory, "it does not fit")), 503, "it does not fit"),
        (.failed(JobFailure(.invalidRequest, "loras[0]: made for another model")), 422, "loras[0]"),
        (.blocked([SafetyRecord(.blocked)], JobUsage(stages: [], steps: 1, peakBytes: 0)), 422, "safety policy"),
    ])
    func whatEndsWithoutImagesIsAnError(outcome: JobOutcome, status: Int, words: String) async throws {
        var drawing = StubServer.Drawing()
        drawing.outcomes["a"] = outcome
        try await CompatibleServer.run(drawing) { server in
            let answer = try await server.post("/sdapi/v1/txt2img", ["prompt": "a"])
            #expect(answer.status == status && answer.text.contains(words), "\(answer.text)")
            let idle = try await server.get("/sdapi/v1/progress").object
            #expect((idle["state"] as? [String: Any])?["job_count"] as? Int == 0, "and it is over")
        }
    }
}
