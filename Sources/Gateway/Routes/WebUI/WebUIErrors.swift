/// Errors as AUTOMATIC1111's interface writes them: `{"error", "detail", "body", "errors"}`.
struct WebUIErrors: ErrorShape {
    private struct Body: Encodable {
        let error, detail: String
        let body = ""
        let errors: String
    }

    var mediaType: String { "application/json" }

    func body(of report: ErrorReport, requestID: String) -> any Encodable {
        Body(error: report.code, detail: report.detail, errors: report.detail)
    }
}
