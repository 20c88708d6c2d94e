import DaguerreJobs
import Hummingbird

/// `POST /generate?prompt=…`, or the same fields as a JSON body: draws an image and answers with its address.
///
/// Fields are those of OpenAI's interface, its extensions included.
struct MinimalRoutes: Sendable {
    let core: CompatibleCore

    private struct Answer: Encodable {
        let status = "success"
        /// The first image's address.
        let url: String
        /// Every image's.
        let urls: [String]
        let seed: UInt64
    }

    func add(to group: RouterGroup<GatewayContext>) {
        group.post("generate") { request, context in
            let caller = try context.caller
            var values = try await core.object(of: request)
            for (name, value) in request.uri.queryParameters { values[String(name)] = .text(String(value)) }
            var fields = LooseFields(values)
            let (width, height) = (fields.value("width"), fields.value("height"))
            if case (let width?, let height?) = (width, height) {
                fields.restore("size", .text("\(width.bare)x\(height.bare)"))
            }
            let reader = OpenAIRequestReader(
                registry: core.service.registry, vocabulary: core.service.vocabulary, aliases: core.modelAliases,
                mostImages: core.service.limits.count)
            let wanted = try await reader.read(&fields)
            let job = try await core.service.submit(wanted.request, by: caller).job
            let ended = try await core.service.wait(for: job.id, by: caller)
            guard case .succeeded(let images, _, _)? = ended.outcome,
                let first = images.first(where: { $0.role == .result })
            else { throw JobEnding(record: ended) }
            let urls = images.filter { $0.role == .result }.map { core.address(of: $0, request) }
            return try JSON.response(
                Answer(url: core.address(of: first, request), urls: urls, seed: first.seed),
                headers: IgnoredFields.headers(wanted.ignored))
        }
    }
}

/// Errors of the minimal interface: `{"status": "error", "message"}`.
struct MinimalErrors: ErrorShape {
    private struct Body: Encodable {
        let status = "error"
        let message: String
    }

    var mediaType: String { "application/json" }

    func body(of report: ErrorReport, requestID: String) -> any Encodable { Body(message: report.detail) }
}

extension JSONValue {
    /// A number or text as it is written in an address.
    fileprivate var bare: String { if case .text(let text) = self { text } else { outline } }
}
