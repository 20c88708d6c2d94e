import DaguerreAccess
import DaguerreJobs
import DaguerrePixels

/// What requests may ask for, as the native interface lists it: what a page needs to build its controls.
struct OptionsBody: Encodable {
    let defaultModel: String
    let samplers, schedules: [Name]
    let upscalers: Upscalers
    let preprocessors: [Preprocessor]
    let resizeModes: [ResizeMode]
    let maskedContents: [MaskedContent]
    let formats: [JobRequest.Output.Format]
    let priorities: [JobPriority]
    let limits: Limits
    let caller: CallerBody

    private enum CodingKeys: String, CodingKey {
        case samplers, schedules, upscalers, preprocessors, formats, priorities, limits, caller
        case defaultModel = "default_model"
        case resizeModes = "resize_modes"
        case maskedContents = "masked_contents"
    }

    init(_ service: JobService, defaultModel: String, caller: Caller) {
        self.defaultModel = defaultModel
        samplers = service.vocabulary.samplers.map(Name.init)
        schedules = service.vocabulary.schedules.map(Name.init)
        upscalers = Upscalers(
            latent: service.vocabulary.latentUpscalers, pixel: service.vocabulary.pixelUpscalers)
        preprocessors = Preprocessor.allCases
        resizeModes = ResizeMode.allCases
        maskedContents = MaskedContent.allCases
        formats = JobRequest.Output.Format.allCases
        priorities = JobPriority.allCases
        limits = Limits(service.limits)
        self.caller = CallerBody(caller)
    }

    /// A sampler or a schedule.
    struct Name: Encodable {
        let name: String
        let aliases: [String]

        init(_ name: EngineVocabulary.Name) {
            self.name = name.name
            aliases = name.aliases
        }
    }

    /// How a first pass can be enlarged.
    struct Upscalers: Encodable {
        let latent, pixel: [String]
    }

    /// How much a request may ask for.
    struct Limits: Encodable {
        let prompt_bytes, count, steps, smallest_side, largest_side, pixels, loras, controls, image_prompt_images: Int
        let guidance_scale, lora_weight, hires_scale, mask_blur: Double
        let mask_padding: Int

        init(_ limits: RequestLimits) {
            prompt_bytes = limits.promptBytes
            count = limits.count
            steps = limits.steps
            smallest_side = limits.sides.lowerBound
            largest_side = limits.sides.upperBound
            pixels = limits.pixels
            loras = limits.loras
            controls = limits.controls
            image_prompt_images = limits.imagePromptImages
            guidance_scale = limits.guidanceScale
            lora_weight = limits.loraWeight
            hires_scale = limits.hiresScale
            mask_blur = limits.maskBlur
            mask_padding = limits.maskPadding
        }
    }

    /// Who asks, and what they may do; nil is without limit.
    struct CallerBody: Encodable {
        let scope: Scope
        let is_authenticated: Bool
        let requests_per_minute: Double?
        let unfinished_jobs: Int?
        let seconds_per_day: Double?

        init(_ caller: Caller) {
            scope = caller.scope
            is_authenticated = caller.isAuthenticated
            requests_per_minute = caller.limits.requestsPerMinute
            unfinished_jobs = caller.limits.unfinishedJobs
            seconds_per_day = caller.limits.secondsPerDay
        }
    }
}
