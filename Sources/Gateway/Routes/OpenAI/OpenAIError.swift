import DaguerreJobs

/// What OpenAI's interface answers where it cannot do what was asked: `{"error": {"message", "type", "param", "code"}}`.
struct OpenAIError: Error, Encodable {
    /// What stands under `error`.
    struct Body: Encodable {
        let message: String
        /// `invalid_request_error`, `rate_limit_error`, `server_error`, …
        let type: String
        /// The field, where one is at fault.
        let param: String?
        /// A word for programs: `model_not_found`.
        let code: String?

        enum CodingKeys: String, CodingKey { case message, type, param, code }

        /// Writes all four, null among them, as clients expect.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(message, forKey: .message)
            try container.encode(type, forKey: .type)
            try container.encode(param, forKey: .param)
            try container.encode(code, forKey: .code)
        }
    }

    let error: Body
    /// The HTTP status.
    let status: Int

    enum CodingKeys: String, CodingKey { case error }

    init(status: Int, message: String, type: String? = nil, param: String? = nil, code: String? = nil) {
        let usual =
            switch status {
            case 401: "authentication_error"
            case 403: "permission_error"
            case 429: "rate_limit_error"
            case 500...: "server_error"
            default: "invalid_request_error"
            }
        error = Body(message: message, type: type ?? usual, param: param, code: code)
        self.status = status
    }

    /// That no model is called `name`.
    static func modelNotFound(_ name: String) -> OpenAIError {
        OpenAIError(
            status: 404,
            message: "The model \(JSONValue.text(name).outline) does not exist; GET /v1/models lists those that do.",
            param: "model", code: "model_not_found")
    }
}
