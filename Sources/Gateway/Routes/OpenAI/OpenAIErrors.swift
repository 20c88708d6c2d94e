import HTTPTypes

/// Errors as OpenAI's interface writes them: `{"error": {"message", "type", "param", "code"}}`.
struct OpenAIErrors: ErrorShape {
    private struct Body: Encodable {
        struct Error: Encodable {
            let message, type: String
            let param: String?
            let code: String

            enum CodingKeys: String, CodingKey { case message, type, param, code }

            /// Writes `param` where it is null, too, as clients expect.
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode(message, forKey: .message)
                try container.encode(type, forKey: .type)
                try container.encode(param, forKey: .param)
                try container.encode(code, forKey: .code)
            }
        }

        let error: Error
    }

    var mediaType: String { "application/json" }

    /// 400 for what is wrong with a request, which OpenAI's interface has no 422 for.
    func status(of report: ErrorReport) -> HTTPResponse.Status {
        report.status == .unprocessableContent ? .badRequest : report.status
    }

    func body(of report: ErrorReport, requestID: String) -> any Encodable {
        let type =
            switch report.status.code {
            case 401: "authentication_error"
            case 403: "permission_error"
            case 429: "rate_limit_error"
            case 500...: "server_error"
            default: "invalid_request_error"
            }
        // The word by which clients know a refusal of what was asked for.
        let code = report.code == "blocked_by_policy" ? "moderation_blocked" : report.code
        return Body(error: .init(message: report.detail, type: type, param: report.field, code: code))
    }
}

/// That there is no model of the name that a request has.
struct UnknownModel: ReportedError {
    let name: String

    var report: ErrorReport {
        ErrorReport(
            .notFound, "model_not_found", "There is no such model",
            "the model \(JSONValue.text(name).outline) does not exist; GET /v1/models lists those that do",
            field: "model")
    }
}
