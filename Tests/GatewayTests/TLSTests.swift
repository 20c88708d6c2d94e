import Crypto
import DaguerreGateway
import Foundation
import GatewaySupport
import NIOSSL
import SwiftASN1
import Testing
import X509

@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    /// PEM files of a certificate that rests on itself, in a folder that is removed with the last reference to it.
    private final class Files: Sendable {
        let folder = FileManager.default.temporaryDirectory.appending(path: "daguerre-tls-\(UUID().uuidString)")
        let context: NIOSSLContext

        init(from start: TimeInterval = -3600, to end: TimeInterval = 3600) throws {
            let key = P256.Signing.PrivateKey()
            let name = try DistinguishedName { CommonName("localhost") }
            let certificate = try Certificate(
                version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
                notValidBefore: .now + start, notValidAfter: .now + end, issuer: name, subject: name,
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    SubjectAlternativeNames([.dnsName("localhost")])
                },
                issuerPrivateKey: .init(key))
            let pem = try certificate.serializeAsPEM().pemString
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try pem.write(to: folder.appending(path: "certificate.pem"), atomically: true, encoding: .utf8)
            try key.pemRepresentation.write(
                to: folder.appending(path: "key.pem"), atomically: true, encoding: .utf8)
            var client = TLSConfiguration.makeClientConfiguration()
            client.trustRoots = .certificates([try NIOSSLCertificate(bytes: Array(pem.utf8), format: .pem)])
            context = try NIOSSLContext(configuration: client)
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        func path(_ name: String) -> String { folder.appending(path: name).path }

        func files(certificate: String = "certificate.pem", key: String = "key.pem") -> GatewayConfiguration.TLSFiles {
            .init(certificateChain: path(certificate), privateKey: path(key))
        }
    }

    @Test func requestsStreamsAndWebSocketsAreServedOverTLS() async throws {
        let files = try Files()
        try await serving(tls: files.files()) { port, _ async throws in
            try await RawConnection.open(port, tls: files.context) { connection async throws in
                for _ in 0..<3 {
                    await connection.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    #expect(await connection.take(until: "ok\n").hasPrefix("HTTP/1.1 200"))
                }
                let body = #"{"prompt":"x","steps":1}"#
                await connection.send(
                    "POST /v1/images/generations HTTP/1.1\r\nHost: localhost:\(port)\r\nContent-Length: \(body.utf8.count)"
                        + "\r\nConnection: close\r\n\r\n\(body)")
                #expect(await connection.takeAll().contains("https://localhost:\(port)/v1/images/"))
            }
            try await RawConnection.open(port, tls: files.context) { connection async throws in
                await connection.send("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(await connection.take(until: ": \n\n").contains("text/event-stream"))
            }
            try await RawConnection.open(port, tls: files.context) { connection async throws in
                #expect(await connection.upgrade().hasPrefix("HTTP/1.1 101"))
                // Longer than a record of TLS.
                await connection.say(#"{"type":"ping","id":"1"\#(String(repeating: " ", count: 40_000))}"#)
                #expect(try await connection.hear()["type"]?.text == "pong")
                await connection.say(
                    #"{"type":"submit","results":true,"request":{"prompt":"x","steps":1,"width":512,"height":512}}"#)
                var isThere = false
                while !isThere, let frame = await connection.frame() { isThere = frame.opcode == 2 }
                #expect(isThere)
            }
        }
    }

    @Test func whatIsNoTLSIsHungUpOnAndOthersAreServed() async throws {
        let files = try Files()
        var bounds = GatewayConfiguration.Bounds()
        bounds.headerSeconds = 0.5
        try await serving(tls: files.files(), bounds: bounds) { port, _ async throws in
            let hello: [UInt8] = [0x16, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3]
            for bytes in [Array("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n".utf8), hello, [0x16], [0, 0, 0], []] {
                try await RawConnection.open(port) { connection async throws in
                    let start = ContinuousClock.now
                    await connection.send(bytes)
                    while await connection.receive() {}
                    // At most an alert.
                    #expect(connection.received.count <= 7)
                    #expect(ContinuousClock.now - start < .seconds(3))
                }
            }
            // One that trusts nobody, and leaves in the midst of the handshake.
            var stranger = TLSConfiguration.makeClientConfiguration()
            stranger.trustRoots = .certificates([])
            let context = try NIOSSLContext(configuration: stranger)
            try await RawConnection.open(port, tls: context) { connection async throws in
                await connection.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(await connection.takeAll().isEmpty)
            }
            try await RawConnection.open(port, tls: files.context) { connection async throws in
                await connection.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(await connection.take(until: "ok\n").hasPrefix("HTTP/1.1 200"))
            }
        }
    }

    @Test func oldVersionsAreNotSpoken() async throws {
        let files = try Files()
        var old = TLSConfiguration.makeClientConfiguration()
        old.certificateVerification = .none
        (old.minimumTLSVersion, old.maximumTLSVersion) = (.tlsv1, .tlsv11)
        let context = try NIOSSLContext(configuration: old)
        try await serving(tls: files.files()) { port, _ async throws in
            try await RawConnection.open(port, tls: context) { connection async throws in
                await connection.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(await connection.takeAll().isEmpty)
            }
        }
    }

    @Test func filesThatCannotBeUsedAreNamedWithTheReason() throws {
        let files = try Files(), others = try Files()
        try "no key".write(toFile: files.path("text.pem"), atomically: true, encoding: .utf8)
        func refusal(_ files: GatewayConfiguration.TLSFiles) -> String {
            do {
                _ = try TLSIdentity(files)
                return "nothing was refused"
            } catch {
                return "\(error)"
            }
        }
        let mixed = GatewayConfiguration.TLSFiles(
            certificateChain: files.path("certificate.pem"), privateKey: others.path("key.pem"))
        for (found, expected) in [
            (
                refusal(files.files(certificate: "none.pem")),
                "tls-certificate is none.pem, which cannot be used: No such file"
            ),
            (
                refusal(files.files(certificate: "text.pem")),
                "tls-certificate is text.pem, which cannot be used: it holds no"
            ),
            (
                refusal(files.files(certificate: "key.pem")),
                "tls-certificate is key.pem, which cannot be used: it holds no"
            ),
            (refusal(files.files(key: "none.pem")), "tls-key is none.pem, which cannot be used: No such file"),
            (
                refusal(files.files(key: "text.pem")),
                "tls-key is text.pem, which cannot be used: it holds no private key"
            ),
            (
                refusal(files.files(key: "certificate.pem")),
                "tls-key is certificate.pem, which cannot be used: it holds no"
            ),
            (refusal(mixed), "tls-key is key.pem, which is not the key of the first certificate in certificate.pem"),
        ] {
            #expect(found.hasPrefix(expected) && !found.contains("\n") && !found.contains("/tmp"), "\(found)")
        }
    }

    @Test func aCertificateThatClientsRefuseIsToldOf() throws {
        func concern(from start: TimeInterval, to end: TimeInterval) throws -> String? {
            let files = try Files(from: start, to: end)
            return try withExtendedLifetime(files) { try TLSIdentity(files.files()).concern }
        }
        #expect(try concern(from: -3600, to: 3600) == nil)
        let expired = try #require(try concern(from: -7200, to: -3600))
        #expect(expired.hasPrefix("the certificate in certificate.pem expired on ") && expired.contains(" GMT"))
        let early = try #require(try concern(from: 3600, to: 7200))
        #expect(early.hasPrefix("the certificate in certificate.pem is not valid before "))
    }
}
