import DaguerreAccess
import DaguerreJobs
import DaguerrePixels
import DaguerreRegistry
import HTTPTypes
import Hummingbird

/// `/v1/models`, `/v1/adapters`, `/v1/options`: what requests may name and ask for.
struct CatalogRoutes: Sendable {
    let service: JobService

    func add(to group: RouterGroup<GatewayContext>) {
        group.get("v1/models", use: models)
        group.get("v1/models/{id}", use: model)
        group.post("v1/models/refresh", use: refresh)
        group.get("v1/adapters", use: adapters)
        group.get("v1/options", use: options)
    }

    /// A list that clients of OpenAI's interface read, too.
    @Sendable private func models(_ request: Request, context: GatewayContext) async throws -> Response {
        try JSON.response(await modelList())
    }

    @Sendable private func model(_ request: Request, context: GatewayContext) async throws -> Response {
        let name = context.parameters.get("id")?.percentDecoded ?? ""
        guard let entry = await service.registry.entry(name, .checkpoint) else {
            throw GatewayError.notFound("no model is called that; GET /v1/models lists those that there are")
        }
        return try JSON.response(await ModelBody(entry, defaultModel: service.registry.defaultModel))
    }

    /// Looks for models again.
    @Sendable private func refresh(_ request: Request, context: GatewayContext) async throws -> Response {
        try context.caller.require(.models)
        try await service.registry.refresh()
        return try JSON.response(await modelList())
    }

    @Sendable private func adapters(_ request: Request, context: GatewayContext) async throws -> Response {
        func entries(_ kind: ModelKind) async -> [EntryBody] {
            await service.registry.entries(kind).map(EntryBody.init)
        }
        return try JSON.response(
            AdapterList(
                loras: await entries(.lora), embeddings: await entries(.embedding), controls: await entries(.control),
                vaes: await entries(.vae), imagePrompts: await entries(.imagePrompt),
                imageEncoders: await entries(.vision)))
    }

    @Sendable private func options(_ request: Request, context: GatewayContext) async throws -> Response {
        let caller = try context.caller
        return try JSON.response(
            OptionsBody(service, defaultModel: await service.registry.defaultModel, caller: caller))
    }

    private func modelList() async -> ModelList {
        let name = await service.registry.defaultModel
        return ModelList(data: await service.registry.entries(.checkpoint).map { ModelBody($0, defaultModel: name) })
    }

    private struct ModelList: Encodable {
        let object = "list"
        let data: [ModelBody]
    }

    private struct ModelBody: Encodable {
        let id: String
        let object = "model"
        let created = 0
        let owned_by = "daguerre"
        let file: String
        let byte_count: Int
        let digest, family: String?
        let is_default: Bool

        init(_ entry: RegistryEntry, defaultModel: String) {
            id = entry.name
            file = entry.file
            byte_count = entry.byteCount
            digest = entry.digest
            family = entry.family
            is_default = entry.name == defaultModel
        }
    }

    private struct EntryBody: Encodable {
        let name, file: String
        let byte_count: Int
        let digest, family: String?

        init(_ entry: RegistryEntry) {
            name = entry.name
            file = entry.file
            byte_count = entry.byteCount
            digest = entry.digest
            family = entry.family
        }
    }

    private struct AdapterList: Encodable {
        let loras, embeddings, controls, vaes, imagePrompts, imageEncoders: [EntryBody]

        private enum CodingKeys: String, CodingKey {
            case loras, embeddings, controls, vaes
            case imagePrompts = "image_prompts"
            case imageEncoders = "image_encoders"
        }
    }
}
