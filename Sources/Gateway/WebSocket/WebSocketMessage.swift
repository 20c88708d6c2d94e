import DaguerreJobs

/// What a WebSocket client says: a JSON object with `type` and what belongs to it.
struct WebSocketMessage: Decodable {
    /// What a client can want.
    enum Kind: String, Codable, CaseIterable, Sendable {
        /// Have something drawn: `request`, and what goes beside it; its events follow.
        case submit
        /// No longer have `job` drawn.
        case cancel
        /// Hear of `job` from the event `after` on, or of all of one's jobs.
        case subscribe
        /// Hear that the server is there.
        case ping
    }

    let kind: Kind
    /// The client's own name for the message; the answer carries it.
    var id: String?
    var request: JobRequest?
    var options = SubmitOptions()
    var job: JobIdentifier?
    var after: Int64?
    /// Whether images are sent as soon as they are there, as binary messages.
    var results = false

    /// The name of a message that may be wrong in everything else.
    struct Name: Decodable {
        let id: String

        /// Nil if there is none, or none that an answer can carry.
        init?(of message: [UInt8]) {
            guard let name = try? RequestJSON.decode(Name.self, from: message), name.id.utf8.count <= 64 else {
                return nil
            }
            self = name
        }
    }

    private enum CodingKeys: String, CodingKey {
        case type, id, request, priority, job, after, results
        case deadline = "deadline_seconds"
        case idempotencyKey = "idempotency_key"
    }

    /// Reads a message.
    init(from decoder: any Decoder) throws {
        let fields = try RequestFields(decoder, keyedBy: CodingKeys.self)
        kind = try fields.required(.type)
        try fields.read(.id, into: &id)
        guard (id?.utf8.count ?? 0) <= 64 else {
            throw RequestError("id", found: "a longer text", expected: "text of at most 64 bytes")
        }
        try fields.read(.request, into: &request)
        try fields.read(.priority, into: &options.priority)
        var seconds: Double?
        try fields.read(.deadline, into: &seconds)
        options.deadline = try SubmitOptions.deadline(seconds)
        try fields.read(.idempotencyKey, into: &options.idempotencyKey)
        options.idempotencyKey = try options.idempotencyKey.map { try SubmitOptions.idempotencyKey($0) }
        if let request { try options.describe(request, deadlineSeconds: seconds) }
        var name: String?
        try fields.read(.job, into: &name)
        job = try name.map { name in
            guard let job = JobIdentifier(name) else {
                throw RequestError("job", found: "what is there", expected: "a job's name, job_ and 32 digits")
            }
            return job
        }
        try fields.read(.after, into: &after)
        try fields.read(.results, into: &results)
    }
}

/// What a WebSocket client hears.
struct WebSocketAnswer: Encodable {
    /// `accepted`, `cancelled`, `subscribed`, `pong`, `error`, `state`, `progress`, `lagged`.
    let type: String
    var id: String?
    var job: JobBody?
    var event: ProgressBody?
    var sequence: Int64?
    var isRepeated: Bool?
    var error: ProblemDetails.Body?

    private enum CodingKeys: String, CodingKey {
        case type, id, job, event, sequence, error
        case isRepeated = "repeated"
    }
}

/// A binary message: four bytes with the length of what follows, most significant first; a JSON object of that length; a file.
///
/// The object says what the file is: `kind` is `preview` or `result`, `job` whose, `image` the how manieth from 0; then
/// `media_type`, `width` and `height`, and of a result its `digest` and `seed`.
struct BinaryHeader: Encodable, Sendable {
    let kind: String
    let job: JobIdentifier
    let image: Int
    let mediaType: String
    let width, height: Int
    var digest: BlobDigest?
    var seed: UInt64?
    var sequence: Int64?

    private enum CodingKeys: String, CodingKey {
        case kind, job, image, width, height, digest, seed, sequence
        case mediaType = "media_type"
    }
}
