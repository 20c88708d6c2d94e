import DaguerreTokenizers

/// Takes the bytes for a prompt and goes all the way to tokens.
///
/// Whatever they are, there is a tree or a `TokenizerError`; the tree, written as a prompt, is the same tree; its schedule
/// covers all steps; and the chunks hold the tokens of the text in their order. A trap, a broken promise or a long wait
/// ends the run.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPrompt(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    do {
        let tree = try PromptSyntax.parse(text, isNegative: count % 4 == 3)
        let again = try PromptSyntax.parse(tree.description, isNegative: count % 4 == 3)
        guard again == tree, again.description == tree.description, !tree.parts.isEmpty else { return broken() }
        for part in tree.parts.prefix(8) { try check(part, seed: count) }
    } catch let error as TokenizerError {
        guard !error.description.contains("\n"), error.description.utf8.count < 1000 else { return broken() }
    } catch {
        return broken()
    }
    return 0
}

private func check(_ part: PromptSyntax.Part, seed: Int) throws {
    let steps = PromptSchedule.Steps(count: 1 + seed % 9, afterFirstPassOf: seed % 2 == 0 ? nil : 5)
    let syntax: PromptText.Syntax = [.emphasis, .ignored, .literal][seed % 3]
    let segments = try PromptSchedule(part, steps: steps, syntax: syntax).segments
    guard segments.last?.lastStep == steps.count, zip(segments, segments.dropFirst()).allSatisfy({ $0.text != $1.text })
    else { return _ = broken() }
    for segment in segments.prefix(3) {
        let expected = segment.text.pieces.flatMap { piece in
            if case .words(let words, _) = piece { tokenizer.encode(words) } else { [] as [Int] }
        }
        let chunks = try PromptTokens(segment.text, tokenizer: tokenizer, length: 12).chunks
        guard chunks.flatMap({ $0.ids.dropFirst().prefix($0.contentCount) }) == expected else { return _ = broken() }
        _ = try PromptTokens(segment.text, tokenizer: tokenizer, length: 12, names: names) { $0.utf8.count }
    }
}

/// A vocabulary of bytes, each alone and at the end of a word.
private let tokenizer: CLIPTokenizer = {
    let printable = [UInt32](0x21...0x7e) + [UInt32](0xa1...0xac) + [UInt32](0xae...0xff)
    let bytes = (printable + [UInt32](0x100..<0x144)).compactMap(Unicode.Scalar.init).map(String.init)
    let tokens = bytes + bytes.map { $0 + "</w>" } + ["<|startoftext|>", "<|endoftext|>"]
    let members = tokens.enumerated().map { id, token in
        "\"" + token.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\": \(id)"
    }
    do {
        return try CLIPTokenizer(
            vocabulary: Array("{\(members.joined(separator: ", "))}".utf8), merges: Array("#version: 0.2\n".utf8))
    } catch {
        preconditionFailure("\(error)")
    }
}()

private let names = EmbeddingNames(["a", "ab", "a b", "(", "cat", "[|]"], tokenizer: tokenizer)

/// Stops the run: a promise about prompts does not hold.
private func broken() -> CInt {
    preconditionFailure("a prompt breaks a rule")
}
