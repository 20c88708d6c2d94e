import DaguerreJobs

extension WebUIRequestReader {
    /// The second pass, where `enable_hr` asks for one.
    func readHires(_ fields: inout LooseFields, _ request: inout JobRequest) throws(RequestError) {
        let isWanted = try fields.flag("enable_hr") ?? false
        var hires = JobRequest.Hires()
        hires.scale = try fields.number("hr_scale", in: 0...16).flatMap { $0 == 0 ? nil : $0 }
        let width = try fields.integer("hr_resize_x", in: 0...16384) ?? 0
        let height = try fields.integer("hr_resize_y", in: 0...16384) ?? 0
        if let steps = try fields.integer("hr_second_pass_steps", in: 0...1000), steps > 0 { hires.steps = steps }
        if let strength = try fields.number("denoising_strength", in: 0...1) { hires.strength = strength }
        let upscaler = try fields.text("hr_upscaler")
        let sampler = try fields.text("hr_sampler_name")
        let schedule = try fields.text("hr_scheduler")
        let checkpoint = try fields.text("hr_checkpoint_name")
        let prompts = [try fields.text("hr_prompt"), try fields.text("hr_negative_prompt")]
        guard isWanted else { return }
        if let checkpoint, !isNone(checkpoint) {
            throw RequestError(
                "hr_checkpoint_name", found: JSONValue.text(checkpoint).outline, expected: "the first pass's model")
        }
        for (field, prompt, first) in [
            ("hr_prompt", prompts[0], request.prompt), ("hr_negative_prompt", prompts[1], request.negativePrompt),
        ] {
            guard let prompt, !prompt.isEmpty, prompt != first else { continue }
            throw RequestError(field, found: "another prompt", expected: "empty or that of the first pass")
        }
        if let upscaler, !upscaler.isEmpty { hires.upscaler = try self.upscaler(upscaler) }
        if let sampler, !isNone(sampler) {
            let read = try named("hr_sampler_name") { () throws(RequestError) in try vocabulary.sampler(sampler) }
            (hires.sampler, hires.schedule) = (read.sampler, read.schedule)
        }
        if let schedule, !isNone(schedule) {
            hires.schedule = try named("hr_scheduler") { () throws(RequestError) in try vocabulary.schedule(schedule) }
        }
        if width > 0 || height > 0 {
            (hires.width, hires.height) = try Self.size(width, height, of: request)
            hires.scale = nil
        }
        request.hires = hires
    }

    /// Both sides of the second pass, where one that is 0 follows the proportions of the first.
    private static func size(
        _ width: Int, _ height: Int, of request: JobRequest
    ) throws(RequestError) -> (width: Int, height: Int) {
        guard width == 0 || height == 0 else { return (width / 8 * 8, height / 8 * 8) }
        guard let first = (request.width, request.height) as? (Int, Int) else {
            throw RequestError(
                width == 0 ? "hr_resize_x" : "hr_resize_y", found: "0",
                expected: "given, unless width and height are")
        }
        return width == 0
            ? (first.0 * height / first.1 / 8 * 8, height / 8 * 8) : (width / 8 * 8, first.1 * width / first.0 / 8 * 8)
    }

    private func upscaler(_ name: String) throws(RequestError) -> String {
        let known = vocabulary.latentUpscalers + vocabulary.pixelUpscalers
        // The web UI's "None" leaves the pixels to its usual filter.
        if isNone(name), let usual = known.first(where: { $0.lowercased() == "lanczos" }) { return usual }
        guard let found = known.first(where: { $0.lowercased() == name.lowercased() }) else {
            throw RequestError(
                "hr_upscaler", found: JSONValue.text(name).outline, expected: "one of: " + known.joined(separator: ", ")
            )
        }
        return found
    }
}
