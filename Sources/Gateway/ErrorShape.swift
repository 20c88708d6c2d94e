import FoundationEssentials
public import Hummingbird
import Logging

/// How an interface writes errors down.
public protocol ErrorShape: Sendable {
    /// The answer that tells of `report`; its headers and status are set already.
    func body(of report: ErrorReport, requestID: String) -> any Encodable
    /// As in a `Content-Type`.
    var mediaType: String { get }
    /// The status, where the interface has another than the report's.
    func status(of report: ErrorReport) -> HTTPResponse.Status
}

extension ErrorShape {
    /// The report's.
    public func status(of report: ErrorReport) -> HTTPResponse.Status { report.status }
}

/// Errors as RFC 9457 has them: the native interface's shape.
public struct ProblemDetails: ErrorShape {
    /// An error as RFC 9457 has it.
    struct Body: Encodable {
        let type, title: String
        let status: Int
        let detail, code: String
        let field: String?
        let request_id: String

        init(_ report: ErrorReport, requestID: String) {
            type = "about:blank#" + report.code
            title = report.title
            status = report.status.code
            detail = report.detail
            code = report.code
            field = report.field
            request_id = requestID
        }
    }

    /// The shape of the native interface.
    public init() {}

    /// `application/problem+json`.
    public var mediaType: String { "application/problem+json" }

    /// The members of RFC 9457, and `code`, `field` and `request_id`.
    public func body(of report: ErrorReport, requestID: String) -> any Encodable {
        Body(report, requestID: requestID)
    }
}

/// Turns every error of the routes within into an answer of one shape.
public struct ErrorResponses: RouterMiddleware {
    let shape: any ErrorShape

    /// Answers in `shape`.
    public init(_ shape: any ErrorShape) { self.shape = shape }

    /// Answers by the route, or by what it throws.
    public func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let report = ErrorReport(error)
            if report.isInternal {
                context.logger.error("A request failed", metadata: ["error": "\(error)", "code": "\(report.code)"])
            }
            return Self.response(report, shape, context)
        }
    }

    static func response(_ report: ErrorReport, _ shape: any ErrorShape, _ context: GatewayContext) -> Response {
        var headers = report.headers
        headers[.contentType] = shape.mediaType
        let body = shape.body(of: report, requestID: context.requestID)
        return Response(
            status: shape.status(of: report), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: (try? JSON.encode(body)) ?? Array("{}".utf8))))
    }
}
