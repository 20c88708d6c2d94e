/// The name that a misspelt one was probably meant for.
enum NearestName {
    /// The one of `names` that `text` is fewest edits away from, if these are few beside its letters.
    static func find(_ text: String, in names: [String]) -> String? {
        let nearest = names.map { (name: $0, edits: edits(text, $0)) }.min { $0.edits < $1.edits }
        guard let nearest, nearest.edits <= max(text.count / 3, 2), nearest.edits < text.count / 2 + 1 else {
            return nil
        }
        return nearest.name
    }

    /// Letters to insert, remove or replace to come from `a` to `b` (Levenshtein).
    private static func edits(_ a: String, _ b: String) -> Int {
        // Names are short; what is longer than any is far from all.
        let (a, b) = (Array(a.prefix(64)), Array(b.prefix(64)))
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let replaced = diagonal + (x == y ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}
