import DaguerreImaging
import DaguerreJobs

extension LooseFields {
    /// Gives fields that the request leaves open the values of the settings in `text`, how a picture was made.
    ///
    /// A setting that cannot be read stays out; nothing that the request says is changed.
    mutating func fill(fromInfotext text: String?) {
        guard let text else { return }
        let infotext = Infotext(parsing: text)
        fill("prompt", with: .text(infotext.prompt))
        fill("negative_prompt", with: .text(infotext.negativePrompt))
        let texts: [(Infotext.Name, String)] = [
            (.steps, "steps"), (.guidance, "cfg_scale"), (.sampler, "sampler_name"), (.scheduleType, "scheduler"),
            (.seed, "seed"), (.variationSeed, "subseed"), (.variationSeedStrength, "subseed_strength"),
            (.denoisingStrength, "denoising_strength"), (.tiling, "tiling"), (.eta, "eta"),
            (.hiresUpscale, "hr_scale"), (.hiresSteps, "hr_second_pass_steps"), (.hiresUpscaler, "hr_upscaler"),
            (.hiresSampler, "hr_sampler_name"), (.hiresScheduleType, "hr_scheduler"), (.refiner, "refiner_checkpoint"),
            (.refinerSwitch, "refiner_switch_at"), (.hiresPrompt, "hr_prompt"),
            (.hiresNegativePrompt, "hr_negative_prompt"),
        ]
        for (name, field) in texts {
            if let value = infotext[name] { fill(field, with: .text(value)) }
        }
        let sizes: [(Infotext.Name, String, String)] = [
            (.size, "width", "height"), (.seedResizeFrom, "seed_resize_from_w", "seed_resize_from_h"),
            (.hiresResize, "hr_resize_x", "hr_resize_y"),
        ]
        for (name, across, down) in sizes {
            // Text that anyone may have written: what is no size says nothing.
            guard let size = (try? infotext.size(name)) ?? nil else { continue }
            fill(across, with: .integer(Int64(size.width)))
            fill(down, with: .integer(Int64(size.height)))
        }
        if infotext[.hiresUpscaler] != nil { fill("enable_hr", with: true) }
        var settings: [String: JSONValue] = [:]
        let overridden: [(Infotext.Name, String)] = [
            (.model, "sd_model_checkpoint"), (.vae, "sd_vae"), (.clipSkip, "CLIP_stop_at_last_layers"),
            (.randomSource, "randn_source"), (.emphasis, "emphasis"),
        ]
        for (name, field) in overridden {
            if let value = infotext[name] { settings[field] = .text(value) }
        }
        if case .object(let given)? = value("override_settings") { settings.merge(given) { $1 } }
        if !settings.isEmpty { restore("override_settings", .object(settings)) }
    }
}
