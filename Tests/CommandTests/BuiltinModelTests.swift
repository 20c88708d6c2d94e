import CBuiltinModel
import Foundation
import Testing

@Suite struct BuiltinModelTests {
    private static let folder = URL(filePath: #filePath).appending(path: "../../../Models/builtin").standardized

    private static var files: [(path: String, bytes: UnsafeRawBufferPointer)] {
        (0..<builtin_model_file_count()).map { index in
            let file = builtin_model_file_at(index)
            return (
                file.path.map { String(cString: $0) } ?? "",
                UnsafeRawBufferPointer(start: file.bytes, count: file.byte_count)
            )
        }
    }

    @Test func theExecutableHoldsEveryFileOfTheModelAsItIs() throws {
        let parts = ["model_index.json", "daguerre.json", "unet", "vae", "text_encoder", "tokenizer", "scheduler"]
        let paths = try parts.flatMap { part in
            part.hasSuffix(".json")
                ? [part]
                : try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: part).path)
                    .map { part + "/" + $0 }
        }
        #expect(Self.files.map(\.path).sorted() == paths.sorted())
        for (path, bytes) in Self.files {
            #expect(try Data(contentsOf: Self.folder.appending(path: path)).elementsEqual(bytes), "\(path)")
        }
    }

    @Test func theBytesAreAlignedAsAMappedFileWouldBe() {
        for (path, bytes) in Self.files {
            #expect(bytes.baseAddress.map { Int(bitPattern: $0) % 64 } == 0, "\(path)")
        }
    }

    @Test func thereIsNothingPastTheLastFile() {
        #expect(builtin_model_file_at(builtin_model_file_count()).path == nil)
    }

    @Test func everyNameOfTheVocabularyIsMadeOfKnownWords() throws {
        let json = try Data(contentsOf: Self.folder.appending(path: "daguerre.json"))
        let vocabulary = try JSONDecoder().decode(DefaultsFile.self, from: json).vocabulary
        let known = Set(vocabulary.words)
        let names = vocabulary.subjects.flatMap(\.names)
        #expect(names.count == 228)
        for text in names + vocabulary.examples + vocabulary.colours + vocabulary.backgrounds {
            for word in text.split(whereSeparator: { !$0.isLetter }) {
                #expect(known.contains(String(word)), "\(text)")
            }
        }
        #expect(Set(vocabulary.recolourable + vocabulary.pairs).isSubset(of: names))
    }
}

private struct DefaultsFile: Decodable {
    struct Vocabulary: Decodable {
        struct Group: Decodable { let names: [String] }
        let subjects: [Group]
        let examples, colours, backgrounds, recolourable, pairs, words: [String]
    }
    let vocabulary: Vocabulary
}
