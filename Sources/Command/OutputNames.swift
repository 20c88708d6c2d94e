package import DaguerreImaging
import Glibc

/// Where pictures go, and what each is called.
package enum OutputNames: Equatable, Sendable {
    /// In a folder, named for prompt and seed, keeping what is there: `a-red-apple-7.png`, `a-red-apple-7-2.png`.
    case folder(String)
    /// At this path, replacing what is there; several pictures are numbered `path-1.png`, `path-2.png`.
    case file(String)

    /// Reads `--output`: a folder that is there or ends in `/`, or a file that is called as a format is; absent, this folder.
    package init(_ option: String?) throws {
        guard let option else {
            self = .folder(".")
            return
        }
        if option.hasSuffix("/") || isFolder(option) {
            self = .folder(option)
        } else if ImageFormat(fileName: option) != nil, !Self.parts(of: option).stem.hasSuffix("/"),
            !Self.parts(of: option).stem.isEmpty
        {
            self = .file(option)
        } else {
            throw CommandFailure.outputIsNeitherFolderNorPicture(name: baseName(option))
        }
    }

    /// Fails now if the folder is missing or closed, rather than when the picture is drawn.
    package func check() throws { try checkFolder(of: self.folder) }

    /// Whether a file that is there is replaced.
    package var replaces: Bool {
        if case .file = self { true } else { false }
    }

    /// The path of picture `index` of `count`; `attempt` counts from 1 while names are taken.
    package func path(prompt: String, seed: UInt64, index: Int, count: Int, attempt: Int) -> String {
        switch self {
        case .folder(let folder):
            let name = "\(Self.slug(prompt))-\(seed)" + (attempt > 1 ? "-\(attempt)" : "") + ".png"
            return folder == "." ? name : folder.hasSuffix("/") ? folder + name : folder + "/" + name
        case .file(let path):
            let (stem, suffix) = Self.parts(of: path)
            return count == 1 ? path : "\(stem)-\(index + 1)\(suffix)"
        }
    }

    /// The format that pictures are written in.
    package var format: ImageFormat {
        switch self {
        case .folder: .png
        case .file(let path): ImageFormat(fileName: path) ?? .png
        }
    }

    /// What precedes the last dot of a path, and the rest.
    private static func parts(of path: String) -> (stem: Substring, suffix: Substring) {
        let dot = path.lastIndex(of: ".") ?? path.endIndex
        return (path[..<dot], path[dot...])
    }

    /// The folder that is written to.
    private var folder: String {
        switch self {
        case .folder(let folder): folder
        case .file(let path): parentFolder(path)
        }
    }

    /// Letters and digits of `prompt` in lower case, joined by hyphens; at most 60 bytes, never empty.
    package static func slug(_ prompt: String) -> String {
        let limit = 60
        var slug = ""
        for word in prompt.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
            for (i, character) in word.enumerated() {
                let piece = (i == 0 && !slug.isEmpty ? "-" : "") + String(character)
                guard slug.utf8.count + piece.utf8.count <= limit else { return slug.isEmpty ? "picture" : slug }
                slug += piece
            }
        }
        return slug.isEmpty ? "picture" : slug
    }
}

/// Throws unless files can be made in `folder`.
package func checkFolder(of folder: String) throws {
    guard isFolder(folder) else { throw CommandFailure.missingFolder(name: baseName(folder)) }
    guard access(folder, W_OK | X_OK) == 0 else {
        throw CommandFailure.notWritable(name: baseName(folder), reason: String(cString: strerror(errno)))
    }
}

/// The last part of a path, which is all that messages show.
package func baseName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
}

/// The folder that the file at `path` lies in.
package func parentFolder(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}

private func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
