import DaguerreJobs

/// Reads the bytes as one of the things that a network brings: the first byte says which.
///
/// Whatever the bytes are, the reader must answer with a value or a `RequestError` of one short line: a trap, a read outside
/// the bytes, a leak or a long wait ends the run.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRequests(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let kind = bytes.first else { return 0 }
    let rest = Array(bytes.dropFirst())
    do {
        switch kind % 5 {
        case 0: try readRequest(rest)
        case 1: try readForm(rest)
        case 2: try readLooseFields(rest)
        case 3: try readAddress(rest)
        default: readNames(rest)
        }
    } catch {
        let message = error.message
        guard !message.isEmpty, !message.contains("\n"), message.utf8.count < 4000 else { return broken("message") }
    }
    return 0
}

/// A job's request in JSON; what was let through is within the limits, and is read again as it was written.
private func readRequest(_ bytes: [UInt8]) throws(RequestError) {
    let unknown = UnknownFields()
    let request = try RequestJSON.decode(JobRequest.self, from: bytes, noting: unknown)
    let limits = RequestLimits()
    let valid = try request.validated(against: limits, vocabulary: vocabulary)
    guard (1...limits.count).contains(valid.count), valid.prompt.utf8.count <= limits.promptBytes else {
        _ = broken("limits")
        return
    }
    _ = valid.batchKey
    _ = valid.uploads
}

/// A form, whole and byte by byte: both must come to the same.
private func readForm(_ bytes: [UInt8]) throws(RequestError) {
    let whole = form(bytes, by: max(bytes.count, 1)), pieces = form(bytes, by: 1)
    switch (whole, pieces) {
    case (.success(let a), .success(let b)) where a == b: return
    case (.failure(let error), .failure): throw error
    default: _ = broken("a form depends on how it is cut")
    }
}

private func form(_ bytes: [UInt8], by step: Int) -> Result<MultipartForm, RequestError> {
    do {
        var parser = try MultipartParser(contentType: "multipart/form-data; boundary=b")
        var rest = bytes[...]
        while !rest.isEmpty {
            try parser.feed(rest.prefix(step))
            rest = rest.dropFirst(step)
        }
        return .success(try parser.finish())
    } catch {
        return .failure(error)
    }
}

/// An object as clients of other servers write it.
private func readLooseFields(_ bytes: [UInt8]) throws(RequestError) {
    try JSONExtent.check(bytes)
    guard case .object(let object) = try RequestJSON.decode(JSONValue.self, from: bytes) else { return }
    var fields = LooseFields(object)
    _ = try fields.text("prompt")
    _ = fields.value("steps")
    _ = fields.ignored
}

/// An address and where it may lead.
private func readAddress(_ bytes: [UInt8]) throws(RequestError) {
    let text = String(decoding: bytes, as: UTF8.self)
    _ = PublicAddress.contains(text)
    _ = try? HeaderParameters.parse(text, of: "Content-Type")
    let address = try ImageAddress(text, field: "image")
    _ = try address.redirected(to: text, field: "image")
}

/// What names things.
private func readNames(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let id = JobIdentifier(text), id.description != text { _ = broken("job") }
    if let digest = BlobDigest(text), digest.description.contains("/") { _ = broken("digest") }
}

/// Stops the run: what the reader let through breaks its own promise.
private func broken(_ what: StaticString) -> CInt {
    preconditionFailure("the reader breaks its rules: \(what)")
}

/// Names that are all known.
private let vocabulary = EngineVocabulary(
    samplers: [.init("Euler", aliases: ["euler"])], schedules: [.init("Karras", aliases: [])],
    latentUpscalers: ["Latent"],
    pixelUpscalers: ["Lanczos"], sampler: { ($0, nil) }, schedule: { $0 }, networks: { _ in [] })
