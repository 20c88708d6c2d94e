/// A file of the page, as the executable carries it.
public struct PageFile: Sendable {
    /// Where it is served: `/`, `/page/main.js`.
    public let path: String
    /// As in a `Content-Type`.
    public let mediaType: String
    /// What it holds.
    public let bytes: [UInt8]

    /// A file of the page.
    public init(path: String, mediaType: String, bytes: [UInt8]) {
        self.path = path
        self.mediaType = mediaType
        self.bytes = bytes
    }
}
