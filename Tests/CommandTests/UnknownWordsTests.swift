import Command
import Testing

@Suite struct UnknownWordsTests {
    private static let known = ["a", "red", "apple", "on", "t", "shirt"]

    @Test func knownWordsInAnyCaseAreKnown() {
        #expect(UnknownWords.find("A RED apple, on (a) T-shirt 3", known: Self.known) == [])
    }

    @Test func unknownWordsAreListedOnceInTheirOrder() {
        let words = UnknownWords.find("an astronaut riding a Pferd, an astronaut ☃ 星", known: Self.known)
        #expect(words == ["an", "astronaut", "riding", "pferd", "星"])
    }
}
