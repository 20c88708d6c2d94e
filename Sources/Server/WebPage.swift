import CWebPage
package import DaguerreGateway

/// The page that the server shows; its files lie in the executable.
package enum WebPage {
    /// Every file at the path at which it is served: `index.html` at `/`.
    package static func files() -> [PageFile] {
        (0..<web_page_file_count()).compactMap { index in
            let file = web_page_file_at(index)
            guard let path = file.path.map({ String(cString: $0) }), let bytes = file.bytes else { return nil }
            return PageFile(
                path: path == "index.html" ? "/" : "/" + path, mediaType: mediaType(of: path),
                bytes: Array(UnsafeBufferPointer(start: bytes, count: file.byte_count)))
        }
    }

    private static func mediaType(of path: String) -> String {
        switch path.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "application/octet-stream"
        }
    }
}
