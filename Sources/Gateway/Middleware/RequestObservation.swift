import DaguerreJobs
import HTTPTypes
import Hummingbird
import Logging

/// Names each request, and tells the log and the metrics how it went.
///
/// Bodies, and with them prompts, are never shown.
struct RequestObservation: RouterMiddleware {
    let observe: @Sendable (_ method: HTTPRequest.Method, _ route: String, _ status: Int, _ elapsed: Duration) -> Void

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock().now
        var context = context
        context.trace = JobTrace(requestID: request.headers[.requestID], traceParent: request.headers[.traceParent])
        context.logger[metadataKey: "request_id"] = .string(context.requestID)
        context.logger[metadataKey: "trace_id"] = context.trace.traceID.map { .string($0) }
        context.logger[metadataKey: "parent_span_id"] = context.trace.parentID.map { .string($0) }
        var response = try await next(request, context)
        response.headers[.requestID] = context.requestID
        let elapsed = ContinuousClock().now - start
        let route = context.endpointPath ?? "NotFound"
        observe(request.method, route, response.status.code, elapsed)
        // Probes ask every few seconds: what they hear is of interest only when it is no, which is no fault.
        let level: Logger.Level =
            switch (HealthRoutes.paths.contains(route), response.status.code) {
            case (true, 503): .info
            case (_, 500...): .error
            case (true, _): .trace
            case (false, _): .info
            }
        context.logger.log(
            level: level, "Request",
            metadata: [
                "method": "\(request.method.rawValue.prefix(16))", "route": "\(route)",
                "status": "\(response.status.code)",
                "milliseconds": "\(Int(elapsed / .milliseconds(1)))",
            ])
        return response
    }
}
