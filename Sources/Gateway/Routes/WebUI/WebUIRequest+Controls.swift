import DaguerreJobs
import DaguerrePixels
import DaguerreRegistry

extension WebUIRequestReader {
    /// One unit of ControlNet; nil if it is switched off or names no model.
    func readControl(
        _ unit: inout LooseFields, _ ignored: inout [String]
    ) async throws -> JobRequest.Control? {
        let isOn = try unit.flag("enabled") ?? true
        let model = try unit.text("model")
        unit.drop("low_vram", "lowvram", "is_ui", "input_mode", "batch_images", "output_dir", "loopback")
        guard isOn, let model, !isNone(model) else {
            unit.dropAll()
            return nil
        }
        var control = JobRequest.Control(
            model: try await catalog.entry(model, .control, field: "controlnet model").name)
        try readPreprocessor(&unit, &control)
        if let weight = try unit.number("weight", in: 0...2) { control.weight = weight }
        let end = try unit.number("guidance", in: 0...1)
        if let start = try unit.number("guidance_start", in: 0...1) { control.start = start }
        if let end = try unit.number("guidance_end", in: 0...1) ?? end { control.end = end }
        if let mode = unit.value("resize_mode") { control.resizeMode = try Self.resizeMode(mode, unit) }
        if let mode = unit.value("control_mode") { control.mode = try Self.mode(mode, unit) }
        if try unit.flag("guessmode") == true { control.mode = "guess" }
        control.returnsMap = try unit.flag("save_detected_map") ?? true
        try await readPictures(&unit, &control)
        unit.dropDefaults([
            "hr_option": ["Both", 0], "inpaint_crop_input_image": [true, false], "advanced_weighting": [],
            "union_control_type": ["Unknown"], "pulid_mode": ["Fidelity"],
        ])
        return control
    }

    private func readPreprocessor(
        _ unit: inout LooseFields, _ control: inout JobRequest.Control
    ) throws(RequestError) {
        if let module = try unit.text("module"), !isNone(module) {
            do {
                control.preprocessor = try Preprocessor.parse(module)
            } catch {
                throw unit.wrong("module", .text(module), "one of: " + ControlNetModules.names.joined(separator: ", "))
            }
        }
        let isPixelPerfect = try unit.flag("pixel_perfect") ?? false
        let resolution = try unit.number("processor_res", in: -1e9...1e9)
        let settings = ControlNetModules.settings(
            of: control.preprocessor, resolution: isPixelPerfect ? nil : resolution,
            a: try unit.number("threshold_a", in: -1e9...1e9), b: try unit.number("threshold_b", in: -1e9...1e9))
        (control.resolution, control.thresholdA, control.thresholdB) = (
            settings.resolution, settings.thresholdA, settings.thresholdB
        )
    }

    /// The picture to follow and its mask: apart, or one object that holds both.
    private func readPictures(_ unit: inout LooseFields, _ control: inout JobRequest.Control) async throws {
        var image = unit.value("image", "input_image")
        var mask = unit.value("mask", "mask_image", "effective_region_mask")
        if case .object(var both)? = image {
            mask = mask ?? both.removeValue(forKey: "mask")
            image = both.removeValue(forKey: "image")
        }
        if case .list(let list)? = image { image = list.first }
        guard let image, image != .text(""), image != .null else { return }
        let picture = try await intake.picture(image, field: "controlnet image")
        control.image = picture.digest
        guard let mask, mask != .text(""), mask != .null else { return }
        control.mask = try await intake.mask(mask, field: "controlnet mask", meaning: .whiteChanges, of: picture).digest
    }

    /// A resize mode by its name, its number, or the names of the extension's first versions.
    private static func resizeMode(_ value: JSONValue, _ unit: LooseFields) throws(RequestError) -> ResizeMode {
        switch value {
        case .integer(0): return .stretch
        case .integer(1): return .crop
        case .integer(2): return .fill
        case .text(let text):
            let earlier: [String: ResizeMode] = [
                "scale to fit (inner fit)": .crop, "inner fit (scale to fit)": .crop, "envelope (outer fit)": .fill,
                "outer fit (shrink to fit)": .fill, "resize": .stretch, "inner fit": .crop, "outer fit": .fill,
            ]
            if let mode = earlier[text.lowercased()] { return mode }
            do { return try ResizeMode.parse(text) } catch { break }
        default: break
        }
        throw unit.wrong("resize_mode", value, "Just Resize, Crop and Resize, Resize and Fill, or 0 to 2")
    }

    /// A control mode by its name or number.
    private static func mode(_ value: JSONValue, _ unit: LooseFields) throws(RequestError) -> String {
        switch value {
        case .integer(0): return "balanced"
        case .integer(1): return "prompt"
        case .integer(2): return "control"
        case .text(let text):
            switch text.lowercased() {
            case "balanced", "0", "": return "balanced"
            case "my prompt is more important", "1": return "prompt"
            case "controlnet is more important", "2": return "control"
            default: break
            }
        default: break
        }
        throw unit.wrong(
            "control_mode", value, "Balanced, My prompt is more important, ControlNet is more important, or 0 to 2")
    }
}
