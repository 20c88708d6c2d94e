import Crypto
import DaguerreJobs

/// What goes beside the fields of a request in the body of `POST /v1/jobs`.
struct JobSubmissionBody: Decodable {
    var priority = JobPriority.normal
    var deadlineSeconds: Double?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case priority
        case deadlineSeconds = "deadline_seconds"
    }

    init(from decoder: any Decoder) throws {
        let fields = try RequestFields(decoder, keyedBy: CodingKeys.self)
        try fields.read(.priority, into: &priority)
        try fields.read(.deadlineSeconds, into: &deadlineSeconds)
    }

    /// Reads a body: a request, and what goes beside it.
    ///
    /// - Throws: ``RequestError`` naming the field, those that no one knows among them.
    static func read(
        _ bytes: [UInt8], idempotencyKey: String?
    ) throws -> (request: JobRequest, options: SubmitOptions) {
        let unknown = UnknownFields()
        let request = try RequestJSON.decode(JobRequest.self, from: bytes, noting: unknown)
        let beside = CodingKeys.allCases.map(\.rawValue)
        if let name = unknown.names.filter({ !beside.contains($0) }).min() {
            throw RequestError(name, found: "it", expected: "a field of this request")
        }
        let body = try RequestJSON.decode(Self.self, from: bytes)
        var options = SubmitOptions(
            priority: body.priority, deadline: try SubmitOptions.deadline(body.deadlineSeconds),
            idempotencyKey: try idempotencyKey.map { key throws(RequestError) in try SubmitOptions.idempotencyKey(key) }
        )
        try options.describe(request, deadlineSeconds: body.deadlineSeconds)
        return (request, options)
    }
}

extension SubmitOptions {
    /// The moment so many seconds from now: a tenth of a second to thirty days.
    static func deadline(_ seconds: Double?) throws(RequestError) -> Timestamp? {
        guard let seconds else { return nil }
        guard (0.1...2_592_000).contains(seconds) else {
            throw RequestError("deadline_seconds", found: "\(seconds)", expected: "a number from 0.1 to 2592000")
        }
        return .now() + seconds
    }

    /// A key of 1 to 255 visible ASCII characters.
    static func idempotencyKey(_ text: String) throws(RequestError) -> String {
        guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (33...126).contains($0) }) else {
            throw RequestError("Idempotency-Key", found: "what is there", expected: "1 to 255 visible ASCII characters")
        }
        return text
    }

    private struct Description: Encodable {
        let request: JobRequest
        let priority: JobPriority
        let deadlineSeconds: Double?
    }

    /// Notes what is asked for, as SHA-256 of a form that is the same however it was written and whichever way it came, if there
    /// is a key beside which it matters.
    mutating func describe(_ request: JobRequest, deadlineSeconds: Double?) throws {
        guard idempotencyKey != nil else { return }
        bodyDigest = Self.digest(
            of: try JSON.encode(
                Description(request: request, priority: priority, deadlineSeconds: deadlineSeconds)))
    }

    /// SHA-256, in hexadecimal digits.
    static func digest(of bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
