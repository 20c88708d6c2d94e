import DaguerreCheckpoints
import Testing

@Suite struct SHA256Tests {
    /// Vectors: FIPS 180-2 appendix B, and NIST CAVP SHA256ShortMsg (0 and 1 byte).
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
    func publishedVectorsAgree(text: String, digest: String) {
        var hash = SHA256()
        hash.update(Array(text.utf8))
        #expect(hash.hexadecimal() == digest)
    }

    @Test func oneByteAgrees() {
        var hash = SHA256()
        hash.update([0xbd])
        #expect(hash.hexadecimal() == "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b")
    }

    @Test func piecesOfAnySizeGiveTheSameDigest() {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 7) }
        for length in [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 128, 300] {
            var whole = SHA256()
            whole.update(Array(bytes[..<length]))
            let expected = whole.hexadecimal()
            for size in [1, 3, 63, 64, 65] {
                var pieces = SHA256()
                var rest = bytes[..<length]
                while !rest.isEmpty {
                    pieces.update(Array(rest.prefix(size)))
                    rest = rest.dropFirst(size)
                }
                #expect(pieces.hexadecimal() == expected, "\(length) bytes in pieces of \(size)")
            }
        }
    }
}
