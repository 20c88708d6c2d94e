import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix

extension ImageFetcher {
    /// Asks the system for the first address of `host`; blocks, and therefore runs on a thread of its own.
    @Sendable package static func resolved(_ host: String) async throws -> String {
        let address = try await NIOSingletons.posixBlockingThreadPool.runIfActive {
            try SocketAddress.makeAddressResolvingHost(host, port: 443).ipAddress
        }
        guard let address else { throw FetchFailure.noAddress }
        return address
    }

    /// Asks `address` for `url` as if it were `host`, whose certificate it must show, within ten seconds.
    @Sendable package static func request(
        _ url: String, host: String, at address: String, limit: Int
    ) async throws -> Answer {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5), read: .seconds(5)))
        configuration.dnsOverride = [host: address]
        configuration.httpVersion = .http1Only
        return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            try await withThrowingTaskGroup(of: Answer.self) { group in
                group.addTask {
                    try await Task.sleep(for: .seconds(10))
                    throw FetchFailure.tooSlow
                }
                group.addTask { try await answer(of: client, to: url, limit: limit) }
                defer { group.cancelAll() }
                guard let answer = try await group.next() else { throw FetchFailure.tooSlow }
                return answer
            }
        }
    }

    private static func answer(of client: HTTPClient, to url: String, limit: Int) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "Accept", value: "image/png, image/jpeg, image/webp")
        let response = try await client.execute(request, timeout: .seconds(10))
        switch response.status.code {
        case 200: return .bytes(Array(buffer: try await response.body.collect(upTo: limit)))
        case 301, 302, 303, 307, 308:
            guard let location = response.headers.first(name: "Location") else { throw FetchFailure.status(302) }
            return .redirect(location)
        case let code: throw FetchFailure.status(code)
        }
    }

    /// Why nothing was fetched; not shown to whoever asked, since it tells of the network behind this server.
    private enum FetchFailure: Error {
        case noAddress, tooSlow
        case status(UInt)
    }
}
