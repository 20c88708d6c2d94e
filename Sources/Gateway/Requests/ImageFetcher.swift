package import DaguerreJobs

/// Fetches pictures from the hosts that the administrator has listed, and from nowhere else.
///
/// A host's name is resolved once, the address is looked at, and the connection goes to that address alone, so that no
/// second answer can lead elsewhere. Each of at most three redirects is looked at in the same way.
package struct ImageFetcher: Sendable {
    /// What one request to one address brought.
    package enum Answer: Sendable {
        /// The whole file.
        case bytes([UInt8])
        /// Another address to ask.
        case redirect(String)
    }

    /// Hosts by their names; one that begins with a dot stands for all names that end so.
    let hosts: Set<String>
    /// The first address of a host's name, in numbers.
    let resolve: @Sendable (String) async throws -> String
    /// Asks `address` for `url`, whose host it is, for at most so many bytes.
    let get: @Sendable (_ url: String, _ host: String, _ address: String, _ limit: Int) async throws -> Answer

    private static let mostRedirects = 3
    private static let byteLimit = 32 << 20

    /// - Parameters:
    ///   - hosts: names such as `images.example.com`, or `.example.com` for all below it.
    ///   - resolve: finds the address of a name; ``ImageFetcher/resolved(_:)`` asks the system.
    ///   - get: sends one request; ``ImageFetcher/request(_:host:at:limit:)`` does.
    package init(
        hosts: [String],
        resolve: @escaping @Sendable (String) async throws -> String,
        get: @escaping @Sendable (String, String, String, Int) async throws -> Answer
    ) {
        self.hosts = Set(hosts.map { $0.lowercased() })
        self.resolve = resolve
        self.get = get
    }

    /// The file at `text`.
    ///
    /// - Throws: ``DaguerreJobs/RequestError`` for an address that is not one of a listed host, for a host that resolves to
    ///   an address that is not public, for a fourth redirect, and for what could not be fetched.
    package func fetch(_ text: String, field: String) async throws(RequestError) -> [UInt8] {
        var address = try ImageAddress(text, field: field)
        for _ in 0...Self.mostRedirects {
            switch try await ask(address, field: field) {
            case .bytes(let bytes): return bytes
            case .redirect(let location): address = try address.redirected(to: location, field: field)
            }
        }
        throw RequestError(
            field, found: "an address that leads on and on",
            expected: "one with at most \(Self.mostRedirects) redirects")
    }

    private func ask(_ address: ImageAddress, field: String) async throws(RequestError) -> Answer {
        guard isListed(address.host) else {
            throw RequestError(
                field, found: "an address of \(address.host)", expected: "one of a host that this server may ask")
        }
        func failed() -> RequestError {
            RequestError(
                field, found: "an address that could not be fetched", expected: "one that answers with a picture")
        }
        let place: String
        do { place = try await resolve(address.host) } catch { throw failed() }
        guard PublicAddress.contains(place) else {
            throw RequestError(
                field, found: "a host that is not of the public Internet", expected: "a public address")
        }
        do { return try await get(address.text, address.host, place, Self.byteLimit) } catch { throw failed() }
    }

    private func isListed(_ host: String) -> Bool {
        hosts.contains { $0.hasPrefix(".") ? host.hasSuffix($0) : host == $0 }
    }
}
