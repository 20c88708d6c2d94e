import DaguerreTensors

/// One line of the table.
struct Measurement: Encodable {
    let operation, model, sizes, precision: String
    /// Median, and the least.
    let milliseconds, minimumMilliseconds: Double
    /// Of matrix products and attention.
    var gflops: Double?
    /// Part of what a loop of nothing but multiply-adds reaches on this machine.
    var shareOfPeak: Double?
    /// Part of what the bare vendor primitive reaches on the same sizes, without bias.
    var shareOfVendor: Double?
    /// Of normalisations and windows: bytes read once and written once.
    var gigabytesPerSecond: Double?
    /// Part of what copying as many bytes reaches with as many threads.
    var shareOfCopy: Double?

    /// The table's first line.
    static let header = line(
        "operation", "model", "sizes", "precision", "ms", ["GFLOP/s", "of peak", "of vendor", "GB/s", "of memcpy"])

    /// The result as a line of the table.
    var line: String {
        func percent(_ share: Double?) -> String { share.map { "\(Int(($0 * 100).rounded())) %" } ?? "" }
        func whole(_ value: Double?) -> String { value.map { "\(Int($0.rounded()))" } ?? "" }
        return Self.line(
            operation, model, sizes, precision, "\((milliseconds * 1000).rounded() / 1000)",
            [
                whole(gflops), percent(shareOfPeak), percent(shareOfVendor), whole(gigabytesPerSecond),
                percent(shareOfCopy),
            ])
    }

    private static func line(
        _ operation: String, _ model: String, _ sizes: String, _ precision: String, _ time: String, _ rest: [String]
    ) -> String {
        func right(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        func left(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        return left(operation, 16) + left(model, 9) + left(sizes, 36) + left(precision, 10) + right(time, 9)
            + rest.map { right($0, 11) }.joined()
    }
}
