import DaguerreAccess
import DaguerreJobs
import DaguerreRegistry
import Hummingbird

/// What AUTOMATIC1111's interface lists: models and adapters, and the names that requests may hold.
struct WebUIListRoutes: Sendable {
    let core: CompatibleCore

    func add(to group: RouterGroup<GatewayContext>) {
        addModels(to: group)
        addNames(to: group)
        for kind in ["checkpoints", "loras", "embeddings", "vae"] {
            group.post("sdapi/v1/refresh-\(kind)") { _, context in
                try context.caller.require(.models)
                try await registry.refresh()
                return try JSON.response(JSONValue.null)
            }
        }
    }

    private var registry: any ModelRegistry { core.service.registry }

    private func addModels(to group: RouterGroup<GatewayContext>) {
        list("sd-models", group) {
            await registry.entries(.checkpoint).map { entry in
                [
                    "title": .text(entry.webUITitle), "model_name": .text(entry.name),
                    "hash": entry.digest.map { .text(String($0.prefix(10))) } ?? .null,
                    "sha256": entry.digest.map { .text($0) } ?? .null, "filename": .text(entry.file), "config": nil,
                ]
            }
        }
        // Forge calls the same list so.
        for path in ["sd-vae", "sd-modules"] {
            list(path, group) {
                await registry.entries(.vae).map { ["model_name": .text($0.name), "filename": .text($0.file)] }
            }
        }
        list("loras", group) {
            await registry.entries(.lora).map { entry in
                ["name": .text(entry.name), "alias": .text(entry.name), "path": .text(entry.file), "metadata": [:]]
            }
        }
        group.get("sdapi/v1/embeddings") { _, _ in
            var loaded: [String: JSONValue] = [:]
            for entry in await registry.entries(.embedding) {
                loaded[entry.name] = [
                    "step": nil, "sd_checkpoint": nil, "sd_checkpoint_name": nil, "shape": nil, "vectors": nil,
                ]
            }
            return try JSON.response(["loaded": JSONValue.object(loaded), "skipped": [:]])
        }
        for path in ["hypernetworks", "face-restorers", "realesrgan-models", "prompt-styles"] {
            list(path, group) { [] }
        }
    }

    private func addNames(to group: RouterGroup<GatewayContext>) {
        let vocabulary = core.service.vocabulary
        list("samplers", group) {
            vocabulary.samplers.map { sampler in
                ["name": .text(sampler.name), "aliases": .list(sampler.aliases.map { .text($0) }), "options": [:]]
            }
        }
        list("schedulers", group) {
            vocabulary.schedules.map { schedule in
                [
                    "name": .text(schedule.aliases.first ?? schedule.name.lowercased()), "label": .text(schedule.name),
                    "aliases": .list(schedule.aliases.map { .text($0) }), "default_rho": -1, "need_inner_model": false,
                ]
            }
        }
        list("upscalers", group) {
            WebUIUpscaling.names.map { name in
                ["name": .text(name), "model_name": nil, "model_path": nil, "model_url": nil, "scale": 4]
            }
        }
        list("latent-upscale-modes", group) { vocabulary.latentUpscalers.map { ["name": .text($0)] } }
        group.get("sdapi/v1/scripts") { _, _ in
            try JSON.response(["txt2img": ["controlnet"], "img2img": ["controlnet"]])
        }
        group.get("sdapi/v1/script-info") { _, _ in
            try JSON.response(
                [false, true].map { isImageToImage -> JSONValue in
                    [
                        "name": "controlnet", "is_alwayson": true, "is_img2img": .flag(isImageToImage),
                        "args": [],
                    ]
                })
        }
        group.get("sdapi/v1/cmd-flags") { _, _ in
            try JSON.response(["api": true, "nowebui": false, "ui_settings_file": nil] as JSONValue)
        }
        group.get("sdapi/v1/memory") { _, _ in
            let unknown: JSONValue = ["error": "not told by this server"]
            return try JSON.response(["ram": unknown, "cuda": unknown])
        }
        group.get("internal/ping") { _, _ in try JSON.response([String: JSONValue]()) }
    }

    private func list(
        _ path: String, _ group: RouterGroup<GatewayContext>, _ entries: @escaping @Sendable () async -> [JSONValue]
    ) {
        group.get("sdapi/v1/\(path)") { _, _ in try JSON.response(await entries()) }
    }
}
