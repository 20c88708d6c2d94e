import DaguerreImaging
import Glibc
import Testing

@Suite struct AtomicFileTests {
    @Test func aFileIsWrittenWholeAndNothingElseIsLeft() throws {
        try withTemporaryFolder { folder in
            let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) }
            try AtomicFile.write(bytes, to: folder + "/picture.png", replacing: false)
            #expect(try readFile(folder + "/picture.png") == bytes)
            #expect(listing(folder) == ["picture.png"])
        }
    }

    @Test func aFileThatIsThereIsKeptUnlessItIsToBeReplaced() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/picture.png"
            try AtomicFile.write([1], to: path, replacing: false)
            #expect(throws: ImagingError.fileExists(name: "picture.png")) {
                try AtomicFile.write([2], to: path, replacing: false)
            }
            #expect(try readFile(path) == [1])
            try AtomicFile.write([3], to: path, replacing: true)
            #expect(try readFile(path) == [3])
            #expect(listing(folder) == ["picture.png"])
        }
    }

    @Test func aMissingFolderIsAnErrorThatNamesTheFileOnly() throws {
        try withTemporaryFolder { folder in
            let expected = ImagingError.fileNotWritten(name: "a.png", reason: "No such file or directory")
            #expect(throws: expected) {
                try AtomicFile.write([1], to: folder + "/missing/a.png", replacing: true)
            }
        }
    }

    @Test func aFolderInThePlaceOfTheFileIsAnErrorAndNothingIsLeft() throws {
        try withTemporaryFolder { folder in
            mkdir(folder + "/taken", 0o755)
            defer { rmdir(folder + "/taken") }
            #expect(throws: ImagingError.self) { try AtomicFile.write([1], to: folder + "/taken", replacing: true) }
            #expect(listing(folder) == ["taken"])
        }
    }

    @Test func aNameMayBeAsLongAsNamesMayBe() throws {
        try withTemporaryFolder { folder in
            let name = String(repeating: "n", count: 251) + ".png"
            try AtomicFile.write([1], to: folder + "/" + name, replacing: true)
            #expect(listing(folder) == [name])
        }
    }

    @Test func theFileFollowsTheUsersMask() throws {
        try withTemporaryFolder { folder in
            try AtomicFile.write([1], to: folder + "/a", replacing: true)
            close(open(folder + "/b", O_WRONLY | O_CREAT, 0o666))
            var (written, plain) = (stat(), stat())
            #expect(stat(folder + "/a", &written) == 0 && stat(folder + "/b", &plain) == 0)
            #expect(written.st_mode == plain.st_mode)
        }
    }
}
