import DaguerreCheckpoints
public import DaguerreTensors

/// A file of tensors under `Tests/Fixtures`, made by a script of `scripts/fixtures`.
public struct Fixture {
    private let file: SafetensorsFile

    /// Opens `Tests/Fixtures/<path>.safetensors`.
    public init(_ path: String) throws {
        file = try SafetensorsFile(path: Self.path(path + ".safetensors"))
    }

    /// The tensor called `key`.
    ///
    /// - Throws: ``FixtureError`` if the file does not have it.
    public subscript(key: String) -> HostTensor {
        get throws {
            guard let tensor = file[key] else { throw FixtureError(file: file.name, key: key) }
            return tensor
        }
    }

    /// The names of all tensors, sorted.
    public var keys: [String] { file.entries.map(\.key).sorted() }

    /// Whether the file has a tensor called `key`.
    public func has(_ key: String) -> Bool { file.entry(key) != nil }

    /// The path of `Tests/Fixtures/<path>`: a model's folder, a text.
    public static func path(_ path: String) -> String {
        let tests = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
        return (tests + ["Fixtures", path[...]]).joined(separator: "/")
    }
}

/// A fixture without a tensor that the test needs.
public struct FixtureError: Error, CustomStringConvertible {
    let file, key: String

    /// One line for people.
    public var description: String {
        "\(file): there is no tensor \"\(key)\"; make the fixtures anew with scripts/fixtures"
    }
}
