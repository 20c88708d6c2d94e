import CWebPage
import DaguerreGateway
import DaguerreServer
import Foundation
import Testing

@Suite struct WebPageTests {
    private let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Web").standardized

    private var embedded: [String: Data] {
        var files: [String: Data] = [:]
        for index in 0..<web_page_file_count() {
            let file = web_page_file_at(index)
            files[String(cString: file.path)] = Data(bytes: file.bytes, count: file.byte_count)
        }
        return files
    }

    private func texts(_ ending: String) -> [(path: String, text: String)] {
        embedded.filter { $0.key.hasSuffix(ending) }.map { ($0.key, String(decoding: $0.value, as: UTF8.self)) }
    }

    @Test func everyFileOfTheFolderLiesInTheExecutable() throws {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: folder.appending(path: path).path, isDirectory: &isFolder)
                && !isFolder.boolValue
        }
        #expect(Set(embedded.keys) == Set(paths))
        #expect(web_page_file_count() == paths.count)
        for (path, bytes) in embedded {
            #expect(try bytes == Data(contentsOf: folder.appending(path: path)), "\(path)")
        }
        #expect(web_page_file_at(web_page_file_count()).path == nil)
    }

    @Test func everyFileIsServedAtItsPathAsWhatItIs() throws {
        let served = Dictionary(WebPage.files().map { ($0.path, $0) }) { first, _ in first }
        #expect(served.count == embedded.count)
        let page = try #require(served["/"])
        #expect(page.mediaType == "text/html; charset=utf-8")
        #expect(Data(page.bytes) == embedded["index.html"])
        let script = try #require(served["/assets/scripts/main.js"])
        #expect(script.mediaType == "text/javascript; charset=utf-8")
        #expect(Data(script.bytes) == embedded["assets/scripts/main.js"])
        #expect(served.values.allSatisfy { $0.mediaType != "application/octet-stream" })
    }

    @Test func whatThePageAsksForIsThere() throws {
        let page = try #require(texts("index.html").first).text
        let icons = try #require(texts("icons.svg").first).text
        var addresses = page.matches(of: /(?:src|href)="([^"]+)"/).map { String($0.1) }
        addresses += texts(".css").flatMap { $0.text.matches(of: /url\("([^"]+)"\)/).map { String($0.1) } }
        #expect(addresses.count > 30)
        for address in addresses where !address.hasPrefix("#") {
            let parts = address.split(separator: "#", maxSplits: 1).map(String.init)
            #expect(address.hasPrefix("/assets/"), "\(address) leads elsewhere")
            #expect(embedded[String(parts[0].dropFirst())] != nil, "\(address) is not there")
            if parts.count > 1 { #expect(icons.contains("id=\"\(parts[1])\""), "\(address) is not there") }
        }
        for (path, text) in texts(".js") {
            for imported in text.matches(of: /from "([^"]+)"/).map({ String($0.1) }) {
                let isThere = embedded["assets/scripts/" + imported.dropFirst(2)] != nil
                #expect(imported.hasPrefix("./") && isThere, "\(path) imports \(imported)")
            }
        }
    }

    @Test func nothingOnThePageNeedsAnExceptionFromThePolicy() throws {
        let page = try #require(texts("index.html").first).text
        #expect(!page.contains(/<style|\sstyle=|\son[a-z]+="|javascript:/))
        for script in page.matches(of: /<script([^>]*)>([^<]*)/) {
            #expect(script.1.contains("src=") && script.2.isEmpty, "an inline script")
        }
        for (path, text) in texts(".js") {
            #expect(
                !text.contains(/\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write/),
                "\(path)")
        }
    }
}
