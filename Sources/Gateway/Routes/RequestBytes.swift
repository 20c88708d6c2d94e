import DaguerreJobs
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

extension Request {
    /// The whole body.
    ///
    /// - Parameter pace: how fast it has to come, where others wait for its place.
    /// - Throws: ``GatewayError/tooLarge(limit:)``, before anything is read where the headers say so already;
    ///   ``GatewayError/tooSlow(bytesPerSecond:)``.
    func bytes(atMost limit: Int, _ pace: BodyPace? = nil) async throws -> [UInt8] {
        if let text = headers[.contentLength], let count = Int(text), count > limit {
            throw GatewayError.tooLarge(limit: limit)
        }
        var (bytes, pace) = ([UInt8](), pace)
        for try await buffer in body {
            try pace?.add(buffer.readableBytes)
            guard bytes.count + buffer.readableBytes <= limit else { throw GatewayError.tooLarge(limit: limit) }
            bytes += buffer.readableBytesView
        }
        return bytes
    }

    /// Refuses bodies that say of themselves to be something other than JSON.
    func requireJSON() throws(GatewayError) {
        guard let type = headers[.contentType] else { return }
        let name = type.prefix { $0 != ";" }.lowercased().trimmingSuffix { $0 == " " }
        guard name == "application/json" else {
            throw .unsupportedMediaType(found: type, expected: "application/json")
        }
    }

    /// A query parameter that has been given, once.
    func query(_ name: String) -> String? { uri.queryParameters[name[...]].map(String.init) }
}

extension GatewayContext {
    /// The job that the path names.
    ///
    /// - Throws: ``GatewayError/notFound(_:)`` for what can be no job's name.
    func jobIdentifier() throws(GatewayError) -> JobIdentifier {
        let name = parameters.get("id") ?? ""
        guard let id = JobIdentifier(name) else {
            throw .notFound("no job of yours is called that; a job is called job_ and 32 hexadecimal digits")
        }
        return id
    }
}
