import Daguerre
import DaguerreImaging
import DaguerrePipelines
import DaguerrePixels
import DaguerreSampling

extension OutputNames {
    /// Writes `image` with its infotext under the first name that is free, and returns the path.
    func write(
        _ image: Image, _ info: Infotext, prompt: String, seed: UInt64, index: Int, count: Int
    ) throws -> String {
        let bytes = try ImageFile.encode(image, as: format, infotext: info.text)
        var attempt = 1
        while true {
            let path = path(prompt: prompt, seed: seed, index: index, count: count, attempt: attempt)
            do {
                try AtomicFile.write(bytes, to: path, replacing: replaces)
                return path
            } catch {
                guard case .fileExists = error, attempt < 100_000 else { throw error }
                attempt += 1
            }
        }
    }
}

/// What a picture's file says of how it was made, as AUTOMATIC1111's web UI words it.
func infotext(of request: DiffusionRequest, seed: UInt64, model: Model) -> Infotext {
    var info = Infotext(prompt: request.prompt, negativePrompt: request.negativePrompt)
    info.fields = [
        .init("Steps", "\(request.steps)"), .init("Sampler", request.sampler.samplerName.infotextName),
    ]
    if let schedule = request.sampler.scheduleName { info.fields.append(.init("Schedule type", schedule.infotextName)) }
    info.fields += [
        .init("CFG scale", plain(request.guidance)), .init("Seed", "\(seed)"),
        .init("Size", "\(request.width)x\(request.height)"), .init("Model hash", String(model.digest.prefix(10))),
        .init("Model", model.name),
    ]
    if request.guidanceRescale > 0 { info.fields.append(.init("CFG rescale", plain(request.guidanceRescale))) }
    // The web UI's names of the same two generators: on a GPU's, it says NV for the one that runs anywhere.
    info.fields.append(.init("RNG", request.random == .philox ? "NV" : "CPU"))
    info.fields.append(.init("Version", "daguerre \(Version.current)"))
    return info
}

/// `value` without a fraction of zero: `7`, `3.5`.
func plain(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
