import DaguerreAccess
import DaguerreStorage
import Foundation
import Testing

@Suite struct SQLiteKeyStoreTests {
    @Test func keysAreKeptThroughARestart() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let pepper = try #require(Pepper([UInt8](repeating: 1, count: 32)))
        let limits = KeyLimits(requestsPerMinute: 30, unfinishedJobs: 2, secondsPerDay: 600.5)
        let (key, _) = try APIKey.make(name: "studio", scope: .models, limits: limits, pepper: pepper, at: 17)
        let first = try SQLiteKeyStore(ServerDatabase(folder))
        try await first.add(key)
        // `daguerre keys` is another process beside a server.
        let second = try SQLiteKeyStore(ServerDatabase(folder))
        #expect(try await second.keys() == [key])
        #expect(try await second.key(key.id) == key)
        #expect(try await second.key("nothing1") == nil)
        #expect(try await second.revoke(key.id, at: 18))
        #expect(try await !second.revoke(key.id, at: 19))
        #expect(try await first.key(key.id)?.revoked == 18)
    }

    @Test func aFolderBelongsToOneServer() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let lock = try FolderLock(folder)
        #expect(throws: StorageError.inUse) { try FolderLock(folder) }
        withExtendedLifetime(lock) {}
    }

    @Test func aFileThatIsNoDatabaseIsRefused() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("not a database, but long enough to be looked at as one".utf8)
            .write(to: URL(fileURLWithPath: folder + "/daguerre.sqlite"))
        #expect(throws: StorageError.self) { try ServerDatabase(folder) }
    }
}
