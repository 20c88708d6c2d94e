/// Sizes as people write them: `512MiB`, `2G`, `1000000`.
enum ByteCount {
    private static let units: [(name: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
    ]

    /// The bytes that `text` stands for: a number and, unless it counts bytes, K, M, G or T, with or without `iB`.
    static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text[digits.endIndex...].trimmingPrefix(" ").lowercased()
        guard let number = Double(digits) else { return nil }
        var factor = 1
        if !unit.isEmpty, unit != "b" {
            let match = units.first { name, _ in
                [name.lowercased(), String(name.lowercased().prefix(1))].contains(unit)
            }
            guard let match else { return nil }
            factor = match.bytes
        }
        return Int(exactly: (number * Double(factor)).rounded())
    }

    /// In the largest unit of which it is a whole number.
    static func text(_ bytes: Int) -> String {
        let unit = units.first { bytes >= $0.bytes && bytes % $0.bytes == 0 }
        return unit.map { "\(bytes / $0.bytes)\($0.name)" } ?? "\(bytes)B"
    }
}

/// Times as people write them: `30s`, `1.5h`, `7d`.
enum TimeSpan {
    private static let units: [(name: Character, seconds: Double)] = [("d", 86400), ("h", 3600), ("m", 60), ("s", 1)]

    /// The seconds that `text` stands for: a number and, unless it counts seconds, s, m, h or d.
    static func parse(_ text: String) -> Double? {
        guard let last = text.last else { return nil }
        if let unit = units.first(where: { $0.name == last }) {
            return Double(text.dropLast()).map { $0 * unit.seconds }
        }
        return Double(text)
    }

    /// In the largest unit of which it is a whole number.
    static func text(_ seconds: Double) -> String {
        guard seconds > 0 else { return "0s" }
        let unit = units.first { (seconds / $0.seconds).rounded() * $0.seconds == seconds }
        return unit.map { "\(brief(seconds / $0.seconds))\($0.name)" } ?? "\(brief(seconds))s"
    }
}
