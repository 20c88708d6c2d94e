import Glibc
import NIOSSL

/// A certificate and the key that belongs to it, as connections use them.
///
/// Files are read when the server starts: who renews a certificate starts it again.
public struct TLSIdentity: Sendable {
    let context: NIOSSLContext
    /// What clients will not like about the certificate, in one line; nil where nothing is known.
    public let concern: String?

    /// Reads `files`.
    ///
    /// - Throws: ``TLSError``, which names the file by its base name.
    public init(_ files: GatewayConfiguration.TLSFiles) throws(TLSError) {
        let names = (certificate: Self.name(files.certificateChain), key: Self.name(files.privateKey))
        try Self.checkReadable(files.certificateChain) { .certificate(name: names.certificate, reason: $0) }
        try Self.checkReadable(files.privateKey) { .key(name: names.key, reason: $0) }
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMFile(files.certificateChain) } catch { chain = [] }
        guard let leaf = chain.first else {
            throw .certificate(name: names.certificate, reason: "it holds no certificate in PEM")
        }
        let key: NIOSSLPrivateKey
        do { key = try NIOSSLPrivateKey(file: files.privateKey, format: .pem) } catch {
            throw .key(name: names.key, reason: "it holds no private key in PEM without a password")
        }
        do {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw .mismatch(certificate: names.certificate, key: names.key)
        }
        let now = time(nil)
        concern =
            if leaf.notValidAfter < now {
                "the certificate in \(names.certificate) expired on \(HTTPDate.text(of: leaf.notValidAfter)): "
                    + "clients refuse it; renew it and start the server again"
            } else if leaf.notValidBefore > now {
                "the certificate in \(names.certificate) is not valid before "
                    + "\(HTTPDate.text(of: leaf.notValidBefore)): clients refuse it until then"
            } else {
                nil
            }
    }

    private static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    private static func checkReadable(_ path: String, _ error: (String) -> TLSError) throws(TLSError) {
        guard access(path, R_OK) != 0 else { return }
        throw error(String(cString: strerror(errno)))
    }
}

/// Why a server cannot speak TLS.
public enum TLSError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The file of the certificate chain cannot be used.
    case certificate(name: String, reason: String)
    /// The file of the private key cannot be used.
    case key(name: String, reason: String)
    /// Each can be read, and they do not belong together.
    case mismatch(certificate: String, key: String)

    /// One line for people.
    public var description: String {
        switch self {
        case .certificate(let name, let reason):
            "tls-certificate is \(name), which cannot be used: \(reason); expected a PEM file with the server's "
                + "certificate first, then those that it rests on"
        case .key(let name, let reason):
            "tls-key is \(name), which cannot be used: \(reason); expected the PEM file of the certificate's key"
        case .mismatch(let certificate, let key):
            "tls-key is \(key), which is not the key of the first certificate in \(certificate); give the two that were "
                + "made together"
        }
    }
}
