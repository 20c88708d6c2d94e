import HTTPTypes
import Hummingbird

/// `/` and the files of the page, each at its own path: what is asked for is compared with those, and is never a path of a disk.
struct PageRoutes: Sendable {
    /// Only what the server itself serves, and pictures that travel inside events.
    private static let policy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; \
        font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """

    let files: [PageFile]

    func add(to group: RouterGroup<GatewayContext>) {
        for file in files {
            let tag = "\"" + SubmitOptions.digest(of: file.bytes).prefix(32) + "\""
            group.get(RouterPath(file.path)) { request, _ in
                let headers: HTTPFields = [
                    .contentType: file.mediaType, .eTag: tag, .cacheControl: "no-cache",
                    .contentSecurityPolicy: Self.policy, .xContentTypeOptions: "nosniff",
                    .referrerPolicy: "no-referrer", .crossOriginOpenerPolicy: "same-origin",
                ]
                guard request.headers[.ifNoneMatch] != tag else {
                    return Response(status: .notModified, headers: headers)
                }
                return Response(
                    status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
            }
        }
    }
}

extension HTTPField.Name {
    /// `Referrer-Policy`.
    static let referrerPolicy = own("Referrer-Policy")
    /// `Cross-Origin-Opener-Policy`.
    static let crossOriginOpenerPolicy = own("Cross-Origin-Opener-Policy")
}
