import Command
import DaguerreImaging
import Testing

@Suite struct OutputNamesTests {
    private static func paths(_ option: String?, count: Int = 1, attempt: Int = 1) throws -> [String] {
        let names = try OutputNames(option)
        return (0..<count).map {
            names.path(prompt: "A red apple!", seed: 7 &+ UInt64($0), index: $0, count: count, attempt: attempt)
        }
    }

    @Test func withoutAnOptionTheNameIsMadeOfPromptAndSeedInThisFolder() throws {
        #expect(try Self.paths(nil) == ["a-red-apple-7.png"])
        #expect(try Self.paths(nil, count: 2) == ["a-red-apple-7.png", "a-red-apple-8.png"])
    }

    @Test func aNameThatIsTakenIsNumbered() throws {
        #expect(try Self.paths(nil, attempt: 3) == ["a-red-apple-7-3.png"])
        #expect(try !OutputNames(nil).replaces)
    }

    @Test func aFolderIsAnythingThatIsThereOrEndsInASlash() throws {
        #expect(try Self.paths("/tmp") == ["/tmp/a-red-apple-7.png"])
        #expect(try Self.paths("not-there/") == ["not-there/a-red-apple-7.png"])
    }

    @Test func aFileIsTakenAsItIsAndNumberedWhereThereAreSeveral() throws {
        #expect(try Self.paths("out/apple.png") == ["out/apple.png"])
        #expect(try Self.paths("out/apple.PNG", count: 2) == ["out/apple-1.PNG", "out/apple-2.PNG"])
        #expect(
            try Self.paths("my.out/an.apple.jpeg", count: 2) == ["my.out/an.apple-1.jpeg", "my.out/an.apple-2.jpeg"])
        #expect(try OutputNames("apple.png").replaces)
    }

    @Test(arguments: ["apple.gif", "apple", ".png", "folder/.png", "folder/.webp", "png", "a.b/png", ""])
    func anythingElseIsRefused(option: String) {
        #expect(throws: (any Error).self) { try OutputNames(option) }
    }

    @Test(
        arguments: [
            ("a.png", .png), ("a.JPG", .jpeg), ("b/a.jpeg", .jpeg), ("a.webp", .webp), (nil, .png), ("/tmp", .png),
        ] as [(String?, ImageFormat)])
    func theNameSaysTheFormat(option: String?, format: ImageFormat) throws {
        #expect(try OutputNames(option).format == format)
    }

    @Test(arguments: ["missing/", "missing/apple.png"])
    func aMissingFolderIsNoticedBeforeDrawing(option: String) throws {
        let names = try OutputNames(option)
        #expect(throws: (any Error).self) { try names.check() }
    }

    @Test(arguments: [
        ("A red apple!", "a-red-apple"), ("", "picture"), ("…!?", "picture"), ("../../etc/passwd", "etc-passwd"),
        ("  two\n\tlines ", "two-lines"), ("Ein Äpfelchen, 3×", "ein-äpfelchen-3"), ("🍎 apple", "apple"),
    ])
    func aSlugHoldsLettersAndDigitsOnly(prompt: String, slug: String) {
        #expect(OutputNames.slug(prompt) == slug)
    }

    @Test func aSlugHasAtMostSixtyBytes() {
        for prompt in [String(repeating: "word ", count: 10_000), String(repeating: "ä", count: 500)] {
            let slug = OutputNames.slug(prompt)
            #expect((50...60).contains(slug.utf8.count))
        }
    }

    @Test func aPathSplitsIntoFolderAndName() {
        #expect(["a", "x/a", "/a", "x/y/a"].map(parentFolder) == [".", "x", "/", "x/y"])
        #expect(["a", "x/a", "/a", "x/y/a/"].map(baseName) == ["a", "a", "a", "a"])
    }
}
