/// Unicode normalisation form C over the reference's tables.
///
/// Source: Unicode Standard Annex 15 and section 3.11 of the standard; Hangul by section 3.12.
enum CanonicalComposition {
    /// `text` in form C.
    static func compose(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        // Below U+0300 nothing combines, and nothing has another form.
        guard text.contains(where: { $0.value >= 0x300 }) else { return text }
        var decomposed: [UInt32] = []
        decomposed.reserveCapacity(text.count)
        for scalar in text { decompose(scalar.value, into: &decomposed) }
        let classes = order(&decomposed)
        return joined(decomposed, classes).compactMap(Unicode.Scalar.init)
    }

    private static func decompose(_ scalar: UInt32, into result: inout [UInt32]) {
        if scalar < 0xc0 {
            result.append(scalar)
        } else if Hangul.syllables.contains(scalar) {
            let index = scalar - Hangul.syllables.lowerBound
            result.append(Hangul.leading.lowerBound + index / (Hangul.vowelCount * Hangul.trailingCount))
            result.append(Hangul.vowels.lowerBound + index / Hangul.trailingCount % Hangul.vowelCount)
            let trailing = index % Hangul.trailingCount
            if trailing > 0 { result.append(Hangul.trailing.lowerBound - 1 + trailing) }
        } else if let (first, second) = UnicodeData.decompositions[scalar] {
            decompose(first, into: &result)
            if second != 0 { decompose(second, into: &result) }
        } else {
            result.append(scalar)
        }
    }

    /// Puts each run of marks in the order of their classes, equal ones as they stood; returns the classes.
    private static func order(_ text: inout [UInt32]) -> [UInt8] {
        var classes = text.map { $0 < 0x300 ? 0 : UnicodeData.combiningClasses[$0] ?? 0 }
        var start = 0
        while start < text.count {
            guard classes[start] != 0 else {
                start += 1
                continue
            }
            var end = start
            while end < text.count, classes[end] != 0 { end += 1 }
            if end - start > 1 {
                let sorted = (start..<end).sorted { (classes[$0], $0) < (classes[$1], $1) }.map {
                    (text[$0], classes[$0])
                }
                for (i, mark) in zip(start..<end, sorted) { (text[i], classes[i]) = mark }
            }
            start = end
        }
        return classes
    }

    private static func joined(_ text: [UInt32], _ classes: [UInt8]) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(text.count)
        var starter: Int?
        var lastClass: UInt8 = 0
        for (scalar, combining) in zip(text, classes) {
            if let starter, lastClass < combining || (lastClass == 0 && result.count == starter + 1),
                let together = pair(result[starter], scalar)
            {
                result[starter] = together
                continue
            }
            if combining == 0 { starter = result.count }
            lastClass = combining
            result.append(scalar)
        }
        return result
    }

    private static func pair(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if Hangul.leading.contains(first), Hangul.vowels.contains(second) {
            let index = (first - Hangul.leading.lowerBound) * Hangul.vowelCount + second - Hangul.vowels.lowerBound
            return Hangul.syllables.lowerBound + index * Hangul.trailingCount
        }
        if Hangul.syllables.contains(first), Hangul.trailing.contains(second),
            (first - Hangul.syllables.lowerBound) % Hangul.trailingCount == 0
        {
            return first + second - Hangul.trailing.lowerBound + 1
        }
        return UnicodeData.compositions[UInt64(first) << 32 | UInt64(second)]
    }
}

/// The scalar values of Korean letters and of the syllables made of them.
private enum Hangul {
    static let leading: Range<UInt32> = 0x1100..<0x1113
    static let vowels: Range<UInt32> = 0x1161..<0x1176
    static let trailing: Range<UInt32> = 0x11a8..<0x11c3
    static let syllables: Range<UInt32> = 0xac00..<0xd7a4
    static let vowelCount: UInt32 = 21
    /// One more than the letters: a syllable may end without any.
    static let trailingCount: UInt32 = 28
}
