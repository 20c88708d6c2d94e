import DaguerreAccess
import Foundation
import Testing

@Suite struct KeyTokenTests {
    let pepper = Pepper([UInt8](repeating: 7, count: 32))

    @Test func aTokenIsReadAgain() throws {
        let pepper = try #require(pepper)
        for _ in 0..<100 {
            let token = KeyToken()
            let again = try #require(KeyToken(token.text))
            #expect(again.id == token.id)
            #expect(again.text == token.text)
            #expect(again.matches(token.hash(pepper), pepper))
        }
    }

    @Test func anotherSecretOrAnotherPepperDoesNotMatch() throws {
        let pepper = try #require(pepper), other = try #require(Pepper([UInt8](repeating: 8, count: 32)))
        let token = KeyToken()
        #expect(!KeyToken().matches(token.hash(pepper), pepper))
        #expect(!token.matches(token.hash(pepper), other))
        #expect(!token.matches([], pepper))
        #expect(!token.matches(Array(token.hash(pepper).dropLast()), pepper))
        var text = Array(token.text)
        text[text.count - 2] = text[text.count - 2] == "A" ? "B" : "A"
        #expect(try #require(KeyToken(String(text))).matches(token.hash(pepper), pepper) == false)
    }

    @Test(arguments: [
        "", "sd_", "sd_abc", "sd_abcdefgh_", "SD_abcdefgh_" + String(repeating: "a", count: 43),
        "sd_ABCDEFGH_" + String(repeating: "a", count: 43), "sd_abcdefgh-" + String(repeating: "a", count: 43),
        "sd_abcdefgh_" + String(repeating: "a", count: 44), "sd_äbcdefg_" + String(repeating: "a", count: 43),
        String(repeating: "x", count: 100_000),
    ])
    func whatIsNoTokenIsNotRead(_ text: String) {
        #expect(KeyToken(text) == nil)
    }

    @Test func secretsDiffer() {
        #expect(Set((0..<1000).map { _ in KeyToken().text }).count == 1000)
    }
}

@Suite struct PepperTests {
    @Test func itIsMadeOnceForItsOwnerAlone() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let first = try Pepper(at: path)
        let token = KeyToken()
        #expect(token.matches(token.hash(first), try Pepper(at: path)))
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func whoeverBeginsAtOnceHasTheSame() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let token = KeyToken()
        let hashes = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<16 { group.addTask { token.hash(try Pepper(at: path)) } }
            return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
        }
        #expect(hashes.count == 1)
    }

    @Test func oneThatOthersMayReadIsRefused() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try Pepper(at: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect(throws: AccessError.self) { try Pepper(at: path) }
    }

    @Test func oneThatWasCutIsRefused() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(
            FileManager.default.createFile(
                atPath: path, contents: Data([1, 2]), attributes: [.posixPermissions: 0o600]))
        #expect(throws: AccessError.self) { try Pepper(at: path) }
    }
}
