import DaguerreAccess
import DaguerreImaging
import DaguerreJobs
import DaguerrePixels
import DaguerreRegistry
import Hummingbird

/// `/controlnet/…`: what the ControlNet extension of AUTOMATIC1111's web UI lists, and its preprocessors by themselves.
struct ControlNetRoutes: Sendable {
    let core: CompatibleCore

    private struct Detected: Encodable {
        let images: [String]
        let info: String
    }

    func add(to group: RouterGroup<GatewayContext>) {
        group.get("controlnet/version") { _, _ in try JSON.response(["version": 3]) }
        group.get("controlnet/settings") { _, _ in
            try JSON.response(["control_net_unit_count": core.service.limits.controls])
        }
        group.get("controlnet/model_list") { request, context in
            // The folder is looked at now and then anyway: who may not manage models gets the list as it stands.
            if request.query("update") == "true", try context.caller.scope >= .models {
                try await core.service.registry.refresh()
            }
            return try JSON.response(["model_list": await models().map(\.webUIName)])
        }
        group.get("controlnet/module_list") { _, _ in
            try JSON.response(
                [
                    "module_list": .list(ControlNetModules.names.map { .text($0) }),
                    "module_detail": .object(
                        Dictionary(Preprocessor.allCases.map { ($0.rawValue, Self.detail(of: $0)) }) { $1 }),
                ] as JSONValue)
        }
        group.get("controlnet/control_types") { _, _ in
            let models = await models()
            let types = ControlNetModules.types.map { type in
                (type.name, Self.type(modules: type.modules, models: models.filter { $0.fits(type.words) }))
            }
            return try JSON.response(["control_types": JSONValue.object(Dictionary(types) { $1 })])
        }
        group.post("controlnet/detect") { request, context in
            try await core.working(on: request, by: try context.caller, detect)
        }
    }

    private func models() async -> [RegistryEntry] { await core.service.registry.entries(.control) }

    private static func type(modules: [Preprocessor], models: [RegistryEntry]) -> JSONValue {
        [
            "module_list": .list(modules.map { .text($0.rawValue) }),
            "model_list": .list([.text("None")] + models.map { .text($0.webUIName) }),
            "default_option": .text(modules.first?.rawValue ?? "none"),
            "default_model": .text(models.first?.webUIName ?? "None"),
        ]
    }

    private static func detail(of module: Preprocessor) -> JSONValue {
        let details = ControlNetModules.details(of: module)
        var sliders: [JSONValue] = []
        if let range = details.resolution {
            sliders.append([
                "name": "Resolution", "value": 512, "min": .number(range.lowerBound), "max": .number(range.upperBound),
            ])
        } else if details.a != nil {
            // Thresholds have the second and third place.
            sliders.append(nil)
        }
        for slider in [details.a, details.b].compactMap({ $0 }) {
            sliders.append([
                "name": .text(slider.name), "value": .number(slider.usual), "min": .number(slider.range.lowerBound),
                "max": .number(slider.range.upperBound), "step": .number(slider.step),
            ])
        }
        return ["model_free": false, "sliders": .list(sliders)]
    }

    private func detect(_ object: [String: JSONValue], _ intake: PictureIntake) async throws -> Response {
        var fields = LooseFields(object)
        let name = try fields.text("controlnet_module") ?? "none"
        let module: Preprocessor
        do { module = try Preprocessor.parse(isNone(name) ? "none" : name) } catch {
            throw fields.wrong(
                "controlnet_module", .text(name), "one of: " + ControlNetModules.names.joined(separator: ", "))
        }
        guard case .list(let images)? = fields.value("controlnet_input_images", "controlnet_images"),
            (1...core.service.limits.count).contains(images.count)
        else {
            throw RequestError(
                "controlnet_input_images", found: "none, or too many",
                expected: "a list of 1 to \(core.service.limits.count) pictures in base64")
        }
        let masks = try fields.list("controlnet_masks") ?? []
        let settings = try ControlNetModules.settings(
            of: module, resolution: fields.number("controlnet_processor_res", in: -1e9...1e9),
            a: fields.number("controlnet_threshold_a", in: -1e9...1e9),
            b: fields.number("controlnet_threshold_b", in: -1e9...1e9))
        var budget = core.pictureWork.pixelBudget
        var maps: [String] = []
        for (index, image) in images.enumerated() {
            let field = "controlnet_input_images[\(index)]"
            let picture = try await intake.decoded(try await intake.bytes(image, field: field), field: field).image
            try budget.take(width: picture.width, height: picture.height, field: field)
            var mask: [UInt8]?
            if index < masks.count, masks[index] != .null, masks[index] != .text("") {
                mask = try await intake.mask(
                    try await intake.bytes(masks[index], field: "controlnet_masks[\(index)]"),
                    field: "controlnet_masks[\(index)]", meaning: .whiteChanges, width: picture.width,
                    height: picture.height)
            }
            maps.append(Base64.encode(try await map(of: picture, mask, module, settings, intake)))
        }
        return try JSON.response(
            Detected(images: maps, info: "Success"), headers: IgnoredFields.headers(fields.ignored))
    }

    private func map(
        of picture: Image, _ mask: [UInt8]?, _ module: Preprocessor, _ settings: PreprocessorSettings,
        _ intake: PictureIntake
    ) async throws -> [UInt8] {
        try await intake.offPool("controlnet_input_images") {
            let cover = try mask.map { try ImageFile.decode($0).image.converted(to: .grey) }
            let map = try module.map(
                of: picture, mask: cover, width: picture.width, height: picture.height, mode: .stretch,
                settings: settings)
            return try ImageFile.encode(map.image, as: .png)
        }
    }
}

extension RegistryEntry {
    /// As the extension lists it: `control_v11p_sd15_canny [d14c016b]`.
    var webUIName: String { digest.map { "\(name) [\($0.prefix(8))]" } ?? name }

    /// Whether its name holds one of `words`.
    fileprivate func fits(_ words: [String]) -> Bool {
        words.contains { $0.isEmpty || name.lowercased().contains($0) }
    }
}
