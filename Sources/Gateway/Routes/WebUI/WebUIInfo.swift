import DaguerreImaging
import DaguerreJobs
import Glibc

/// What `info` of an answer says of its images, under the names of AUTOMATIC1111's interface.
///
/// What the request left open is read off the first image's infotext.
struct WebUIInfo {
    let request: WebUIRequest
    /// What was drawn, in order, without maps of controls.
    let images: [JobImage]
    /// What the safety policy did with each picture that was drawn, those withheld among them; empty without a policy.
    let safety: [SafetyRecord]
    /// When the request came.
    let started: Timestamp

    /// The object that is sent as text.
    var json: [String: JSONValue] {
        let drawn = request.request
        let infotext = Infotext(parsing: images.first?.infotext ?? "")
        let prompts = images.map { Infotext(parsing: $0.infotext) }
        // Numbers in the text were written here; one that could not be read would only be left out.
        let size = (try? infotext.size(.size)) ?? nil
        func number(_ name: Infotext.Name) -> JSONValue {
            ((try? infotext.number(name)) ?? nil).map { .number($0) } ?? .null
        }
        let seeds = images.map { JSONValue.unsigned($0.seed) }
        let places = safety.isEmpty ? Array(images.indices) : safety.indices.filter { safety[$0].action != .blocked }
        let secondSeeds = places.map { index in
            JSONValue.unsigned((drawn.variation?.seed ?? drawn.seed ?? 0) &+ UInt64(index))
        }
        var object: [String: JSONValue] = [
            "prompt": .text(drawn.prompt),
            "all_prompts": .list(prompts.map { .text($0.prompt) }),
            "negative_prompt": .text(drawn.negativePrompt),
            "all_negative_prompts": .list(prompts.map { .text($0.negativePrompt) }),
            "seed": seeds.first ?? drawn.seed.map { .unsigned($0) } ?? .null,
            "all_seeds": .list(seeds),
            "subseed": secondSeeds.first ?? .null,
            "all_subseeds": .list(secondSeeds),
            "subseed_strength": .number(drawn.variation?.strength ?? 0),
            "width": .integer(Int64(drawn.width ?? size?.width ?? 0)),
            "height": .integer(Int64(drawn.height ?? size?.height ?? 0)),
            "sampler_name": .text(infotext[.sampler] ?? drawn.sampler ?? ""),
            "cfg_scale": drawn.guidanceScale.map { .number($0) } ?? number(.guidance),
            "steps": drawn.steps.map { .integer(Int64($0)) } ?? number(.steps),
            "batch_size": .integer(Int64(drawn.count)),
            "restore_faces": false,
            "face_restoration_model": nil,
            "sd_model_name": .text(infotext[.model] ?? drawn.model ?? ""),
            "sd_model_hash": .text(infotext[.modelHash] ?? ""),
            "sd_vae_name": (infotext[.vae] ?? drawn.vae).map { .text($0) } ?? .null,
            "sd_vae_hash": infotext[.vaeHash].map { .text($0) } ?? .null,
            "seed_resize_from_w": .integer(Int64(drawn.seedSize?.width ?? -1)),
            "seed_resize_from_h": .integer(Int64(drawn.seedSize?.height ?? -1)),
            "denoising_strength": (drawn.image?.strength ?? drawn.hires?.strength).map { .number($0) } ?? .null,
            "extra_generation_params": .object(extraParameters(infotext)),
            "index_of_first_image": 0,
            "infotexts": .list(images.map { .text($0.infotext) }),
            "styles": [],
            "job_timestamp": .text(started.webUIText),
            "clip_skip": .integer(Int64(drawn.clipSkip ?? 1)),
            "is_using_inpainting_conditioning": false,
            "version": .text(infotext[.version] ?? ""),
        ]
        // A name that the web UI does not have: clients pass over it.
        if !safety.isEmpty { object["safety"] = .list(safety.map(Self.json)) }
        return object
    }

    private static func json(_ record: SafetyRecord) -> JSONValue {
        [
            "action": .text(record.action.rawValue),
            "concepts": .list(record.concepts.map { .integer(Int64($0)) }),
        ]
    }

    /// Settings that have no place of their own in the object.
    private func extraParameters(_ infotext: Infotext) -> [String: JSONValue] {
        let placed: Set<Infotext.Name> = [
            .steps, .sampler, .guidance, .seed, .size, .modelHash, .model, .vae, .vaeHash, .variationSeed,
            .variationSeedStrength, .seedResizeFrom, .denoisingStrength, .clipSkip, .version,
        ]
        let names = Set(placed.map(\.rawValue))
        return Dictionary(
            infotext.fields.filter { !names.contains($0.name) }.map { ($0.name, JSONValue.text($0.value)) }
        ) { $1 }
    }
}

extension Timestamp {
    /// As the web UI writes it: `20261124153000`, in UTC.
    var webUIText: String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)"
            + [parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec].map(padded).joined()
    }
}
