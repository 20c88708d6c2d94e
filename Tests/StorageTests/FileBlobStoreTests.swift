import DaguerreJobs
import DaguerreStorage
import Foundation
import Testing

@Suite struct FileBlobStoreTests {
    private func withStore(_ body: (FileBlobStore, String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(FileBlobStore(folder), folder)
    }

    @Test func bytesAreFoundUnderTheirDigest() async throws {
        try await withStore { store, _ in
            let digest = try await store.put(Array("abc".utf8))
            // FIPS 180-2, appendix B.1.
            #expect(digest.description == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
            #expect(try await store.read(digest) == Array("abc".utf8))
            #expect(try await store.read(digest, range: 1..<2) == Array("b".utf8))
            #expect(try await store.read(digest, range: 2..<99) == Array("c".utf8))
            #expect(try await store.read(digest, range: 50..<99) == [])
        }
    }

    @Test func whatIsNotThereIsNil() async throws {
        try await withStore { store, _ in
            let digest = try #require(BlobDigest(String(repeating: "0", count: 64)))
            #expect(try await store.read(digest) == nil)
            try await store.remove(digest, ifOlderThan: .now() + 60)
        }
    }

    @Test func theSameBytesAreKeptOnceAndForgottenTogether() async throws {
        try await withStore { store, _ in
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
            let digests = try await withThrowingTaskGroup(of: BlobDigest.self) { group in
                for _ in 0..<20 { group.addTask { try await store.put(bytes) } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            let digest = try #require(digests.first)
            #expect(digests.count == 1)
            #expect(try await store.all().map(\.digest) == [digest])
            try await store.remove(digest, ifOlderThan: .now() + 60)
            #expect(try await store.all().isEmpty)
        }
    }

    @Test func whatADiskHasChangedIsNotHandedOut() async throws {
        try await withStore { store, folder in
            let digest = try await store.put([1, 2, 3])
            try Data([1, 2, 4]).write(to: URL(fileURLWithPath: "\(folder)/\(digest.description.prefix(2))/\(digest)"))
            await #expect(throws: StorageError.corrupt(name: digest.description)) { try await store.read(digest) }
        }
    }

    @Test func whatIsShortIsWrittenAgain() async throws {
        try await withStore { store, folder in
            let digest = try await store.put([1, 2, 3])
            try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/\(digest.description.prefix(2))/\(digest)"))
            #expect(try await store.put([1, 2, 3]) == digest)
            #expect(try await store.read(digest) == [1, 2, 3])
        }
    }

    @Test func whatACrashLeftHalfWrittenIsRemovedAtTheNextStart() async throws {
        try await withStore { store, folder in
            let digest = try await store.put([1])
            let part = "\(folder)/00/\(String(repeating: "0", count: 64)).17.part"
            try Data([9]).write(to: URL(fileURLWithPath: part))
            let again = try FileBlobStore(folder)
            #expect(!FileManager.default.fileExists(atPath: part))
            #expect(try await again.all().map(\.digest) == [digest])
        }
    }
}
