import DaguerreGateway
import DaguerreJobs
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite struct ImageFetcherTests {
    /// What was asked, in order.
    private final class Log: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    /// A fetcher that may ask `pictures.example.org` and all below `example.com`, whose names resolve to `address`.
    private func fetcher(
        to address: String = "93.184.215.14", log: Log = Log(),
        answer: @escaping @Sendable (String) throws -> ImageFetcher.Answer = { _ in .bytes([1, 2, 3]) }
    ) -> ImageFetcher {
        ImageFetcher(hosts: ["pictures.example.org", ".example.com"]) { host in
            log.add("resolve " + host)
            return address
        } get: { url, host, address, _ in
            log.add("get \(url) of \(host) at \(address)")
            return try answer(url)
        }
    }

    @Test func aListedHostIsAskedAtTheAddressThatWasLookedAt() async throws {
        let log = Log()
        let bytes = try await fetcher(log: log).fetch("https://Pictures.Example.org:443/a.png?b#c", field: "image")
        #expect(bytes == [1, 2, 3])
        #expect(
            log.all == [
                "resolve pictures.example.org",
                "get https://pictures.example.org/a.png?b of pictures.example.org at 93.184.215.14",
            ])
    }

    /// Each is refused before anything is resolved or sent.
    @Test(arguments: [
        "http://pictures.example.org/a.png", "ftp://pictures.example.org/a", "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_",
        "//pictures.example.org/a", "https:/pictures.example.org/a", "https:pictures.example.org", "", "https://",
        // Hosts that are not listed, or only look so.
        "https://example.net/a", "https://pictures.example.org.evil.net/a", "https://evilexample.com/a",
        "https://pictures.example.org@evil.net/a", "https://pictures.example.org:x@evil.net/",
        "https://pictures.example.org%2eevil.net/",
        "https://evil.net#pictures.example.org/", "https://evil.net?pictures.example.org/",
        "https://evil.net\\pictures.example.org/",
        "https://evil.net\\@pictures.example.org/", "https://pictures.example.org\u{0}.evil.net/",
        "https://pictures.example.org\r\nHost: a/", "https://pictures.example.org\t/", "https://pictures.example.org /",
        "https://pictures\u{3002}example.org/", "https://pictures\u{ff0e}example.org/",
        "https://p\u{456}ctures.example.org/",
        "https://pictures.example.org./a", "https://.example.com/a", "https://-a.example.com/",
        "https://a..example.com/",
        "https://pictures.example.org:80/a", "https://pictures.example.org:444/a", "https://pictures.example.org:/a",
        "https://pictures.example.org:0443/a", "https://user@pictures.example.org/a",
        "https://user:word@pictures.example.org/a",
        // This machine and its neighbours, in every notation.
        "https://localhost/a", "https://localhost.localdomain/", "https://127.0.0.1/a", "https://127.1/a",
        "https://0/a",
        "https://2130706433/a", "https://0x7f000001/a", "https://0x7f.0.0.1/a", "https://0177.0.0.1/a",
        "https://017700000001/a",
        "https://127.0.0.1.nip.io/", "https://[::1]/a", "https://[::]/a", "https://[::ffff:127.0.0.1]/a",
        "https://[::ffff:7f00:1]/",
        "https://[fe80::1%25eth0]/a", "https://[fe80::1%eth0]/", "https://[fd00:ec2::254]/",
        "https://169.254.169.254/latest",
        "https://10.0.0.1/", "https://192.168.0.1/", "https://172.16.0.1/", "https://100.64.0.1/",
        "https://[64:ff9b::7f00:1]/",
        "https://\u{2460}\u{2461}\u{2466}.0.0.1/", "https://metadata.google.internal/", "https://1.example.com.0x7f/",
    ])
    func otherAddressesAreRefusedBeforeAnythingIsAsked(text: String) async {
        let log = Log()
        await #expect(throws: RequestError.self) { try await fetcher(log: log).fetch(text, field: "image") }
        #expect(log.all.isEmpty)
    }

    /// A listed host whose name leads to such an address, as one that rebinds does, is refused before it is asked.
    @Test(arguments: [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1",
        "100.127.255.255",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1",
        "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
        "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:93.184.215.14", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:20::1", "2001:db8::1",
        "2002:7f00:1::1",
        "3fff::1", "3fff:fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "febf::1", "fec0::1", "ff02::1",
        // No addresses at all.
        "", "localhost", "127.1", "2130706433", "0x7f000001", "fe80::1%eth0", "93.184.215.14:80", "93.184.215.014",
    ])
    func aHostThatLeadsInwardsIsRefused(address: String) async {
        let log = Log()
        let error = await #expect(throws: RequestError.self) {
            try await fetcher(to: address, log: log).fetch("https://a.example.com/", field: "image")
        }
        #expect(log.all == ["resolve a.example.com"])
        // What lies behind the name is not told.
        #expect(error?.message.contains(address.isEmpty ? "\u{0}" : address) == false)
    }

    @Test(arguments: [
        "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
        "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
        "223.255.255.255", "2606:4700::1111", "2001:200::1", "2400:cb00::1", "2a00:1450::1",
    ])
    func publicAddressesAreAsked(address: String) async throws {
        #expect(try await fetcher(to: address).fetch("https://a.example.com/", field: "image") == [1, 2, 3])
    }

    @Test func redirectsAreFollowedThreeTimesAndLookedAtEachTime() async throws {
        let log = Log()
        let patient = fetcher(log: log) { url in
            switch url {
            case "https://a.example.com/0": .redirect("/1")
            case "https://a.example.com/1": .redirect("https://b.example.com/2")
            case "https://b.example.com/2": .redirect("/3")
            default: .bytes([9])
            }
        }
        #expect(try await patient.fetch("https://a.example.com/0", field: "image") == [9])
        #expect(log.all.filter { $0.hasPrefix("resolve") }.count == 4)
        let endless = fetcher { _ in .redirect("/again") }
        await #expect(throws: RequestError.self) { try await endless.fetch("https://a.example.com/", field: "image") }
    }

    @Test(arguments: [
        "http://a.example.com/", "https://127.0.0.1/", "https://evil.net/", "//evil.net/",
        "https://user@a.example.com/",
        "file:///etc/passwd", "", "javascript:1", "/\\evil.net \u{0}",
    ])
    func aRedirectElsewhereIsRefused(location: String) async {
        let fetcher = fetcher { url in url.hasSuffix("/0") ? .redirect(location) : .bytes([1]) }
        await #expect(throws: RequestError.self) { try await fetcher.fetch("https://a.example.com/0", field: "image") }
    }

    /// The name is not resolved a second time, and the certificate is asked for in the name of the host.
    @Test func theRealClientGoesToTheAddressGivenAndSpeaksTLS() async throws {
        let heard = NIOSingletons.posixEventLoopGroup.next().makePromise(of: [UInt8].self)
        let listener = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Ear(heard)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        await #expect(throws: (any Error).self) {
            _ = try await ImageFetcher.request(
                "https://pictures.invalid:\(port)/a.png", host: "pictures.invalid", at: "127.0.0.1", limit: 10)
        }
        let bytes = try await heard.futureResult.get()
        #expect(bytes.first == 0x16, "a handshake of TLS")
        #expect(String(decoding: bytes, as: UTF8.self).contains("pictures.invalid"))
        try await listener.close()
    }
}

/// Hears the first bytes of a connection, and hangs up.
private final class Ear: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let heard: EventLoopPromise<[UInt8]>

    init(_ heard: EventLoopPromise<[UInt8]>) { self.heard = heard }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard.succeed(Array(buffer: unwrapInboundIn(data)))
        context.close(promise: nil)
    }
}
