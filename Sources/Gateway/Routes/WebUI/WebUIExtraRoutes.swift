import DaguerreImaging
import DaguerreJobs
import DaguerrePixels
import Hummingbird

/// `/sdapi/v1/extra-single-image`, `/extra-batch-images`, `/png-info` and `/interrogate`: what is done with pictures that are
/// there already.
struct WebUIExtraRoutes: Sendable {
    let core: CompatibleCore

    private struct Single: Encodable {
        let html_info: String
        let image: String
    }

    private struct Batch: Encodable {
        let html_info: String
        let images: [String]
    }

    func add(to group: RouterGroup<GatewayContext>) {
        group.post("sdapi/v1/extra-single-image") { request, context in
            try await core.working(on: request, by: try context.caller, single)
        }
        group.post("sdapi/v1/extra-batch-images") { request, context in
            try await core.working(on: request, by: try context.caller, batch)
        }
        group.post("sdapi/v1/png-info") { request, context in
            try await core.working(on: request, by: try context.caller, text)
        }
        group.post("sdapi/v1/interrogate") { _, _ -> Response in
            throw NoSuchModel(what: "describes pictures in words")
        }
    }

    private func single(_ object: [String: JSONValue], _ intake: PictureIntake) async throws -> Response {
        var fields = LooseFields(object)
        let image = fields.value("image") ?? .null
        let upscaling = try WebUIUpscaling(&fields)
        var budget = core.pictureWork.pixelBudget
        let file = try await upscaled(image, field: "image", upscaling, intake, &budget)
        return try JSON.response(
            Single(html_info: "", image: Base64.encode(file)),
            headers: IgnoredFields.headers(fields.ignored))
    }

    private func batch(_ object: [String: JSONValue], _ intake: PictureIntake) async throws -> Response {
        var fields = LooseFields(object)
        let list = try fields.list("imageList") ?? []
        guard (1...core.service.limits.count).contains(list.count) else {
            throw RequestError(
                "imageList", found: "\(list.count) pictures", expected: "1 to \(core.service.limits.count)")
        }
        let upscaling = try WebUIUpscaling(&fields)
        var budget = core.pictureWork.pixelBudget
        var files: [String] = []
        for (index, item) in list.enumerated() {
            guard case .object(let object) = item, let data = object["data"] else {
                throw RequestError(
                    "imageList[\(index)]", found: item.outline, expected: "an object with data and name")
            }
            let file = try await upscaled(data, field: "imageList[\(index)].data", upscaling, intake, &budget)
            files.append(Base64.encode(file))
        }
        return try JSON.response(
            Batch(html_info: "", images: files), headers: IgnoredFields.headers(fields.ignored))
    }

    private func text(_ object: [String: JSONValue], _ intake: PictureIntake) async throws -> Response {
        var fields = LooseFields(object)
        let file = try await intake.bytes(fields.value("image") ?? .null, field: "image")
        return try JSON.response(WebUIPictureText(try await intake.decoded(file, field: "image")))
    }

    private func upscaled(
        _ image: JSONValue, field: String, _ upscaling: WebUIUpscaling, _ intake: PictureIntake,
        _ budget: inout PixelBudget
    ) async throws -> [UInt8] {
        let file = try await intake.bytes(image, field: field)
        let limits = intake.limits
        let contents = try await intake.decoded(file, field: field)
        let sizes = try upscaling.sizes(
            width: contents.image.width, height: contents.image.height, side: limits.side, pixelCount: limits.pixelCount
        )
        try budget.take(width: sizes.full.width, height: sizes.full.height, field: field)
        return try await intake.offPool(field) {
            let result = upscaling.applied(to: contents.image, full: sizes.full, window: sizes.window)
            return try ImageFile.encode(result, as: .png, infotext: contents.infotext)
        }
    }
}

/// That this server has no model which does what a route is for.
struct NoSuchModel: ReportedError {
    let what: String

    var report: ErrorReport {
        ErrorReport(
            .notImplemented, "not_implemented", "The server has no model for this",
            "this server has no model that \(what)")
    }
}
