import Synchronization

/// Counts and measures, to be read by Prometheus.
///
/// Series are made as they are first counted; what labels say must be chosen from a bounded set by whoever counts, and a family
/// takes no more than ``mostSeries`` of them.
public final class MetricsRegistry: Sendable {
    /// More series than this of one family are not made: the rest is counted under no labels.
    static let mostSeries = 512

    /// What a family of series holds.
    enum Kind: String {
        case counter, gauge, histogram
    }

    struct Family {
        let kind: Kind
        let explanation: String
        let buckets: [Double]
        var series: [[String]: Series] = [:]
    }

    struct Series {
        var value = 0.0
        var counts: [Int] = []
        var count = 0
    }

    private struct State {
        var families: [String: Family] = [:]
        var sources: [@Sendable () async -> [Sample]] = []
    }

    /// A gauge as it stands when it is asked for.
    public struct Sample: Sendable {
        let name, explanation: String
        let labels: [(String, String)]
        let value: Double

        /// The gauge `name` of the series `labels`.
        public init(_ name: String, _ explanation: String, labels: [(String, String)] = [], _ value: Double) {
            self.name = name
            self.explanation = explanation
            self.labels = labels
            self.value = value
        }
    }

    private let state = Mutex(State())

    /// Nothing has been counted.
    public init() {}

    /// Adds to a counter, whose name ends in `_total`.
    public func count(_ name: String, _ explanation: String, labels: [String] = [], by amount: Double = 1) {
        change(name, .counter, explanation, [], labels) { $0.value += amount }
    }

    /// Adds a measurement to a histogram, whose name ends in its unit.
    public func observe(
        _ name: String, _ explanation: String, buckets: [Double], labels: [String] = [], _ value: Double
    ) {
        change(name, .histogram, explanation, buckets, labels) { series in
            if series.counts.isEmpty { series.counts = Array(repeating: 0, count: buckets.count) }
            for (index, bound) in buckets.enumerated() where value <= bound { series.counts[index] += 1 }
            series.value += value
            series.count += 1
        }
    }

    /// Asks `source` for gauges whenever the metrics are read.
    public func addSource(_ source: @escaping @Sendable () async -> [Sample]) {
        state.withLock { $0.sources.append(source) }
    }

    /// - Parameter labels: `name="value"`, each.
    private func change(
        _ name: String, _ kind: Kind, _ explanation: String, _ buckets: [Double], _ labels: [String],
        _ change: (inout Series) -> Void
    ) {
        state.withLock { state in
            let isRoom =
                state.families[name].map { $0.series.count < Self.mostSeries || $0.series[labels] != nil } ?? true
            change(
                &state.families[name, default: Family(kind: kind, explanation: explanation, buckets: buckets)]
                    .series[isRoom ? labels : [], default: Series()])
        }
    }

    /// Everything, in Prometheus's text format 0.0.4.
    public func text() async -> String {
        var samples: [Sample] = []
        for source in state.withLock(\.sources) { samples += await source() }
        var families = state.withLock(\.families)
        for sample in samples {
            let labels = sample.labels.map { Self.label($0.0, $0.1) }
            families[sample.name, default: Family(kind: .gauge, explanation: sample.explanation, buckets: [])]
                .series[labels, default: Series()].value = sample.value
        }
        return PrometheusText.text(of: families)
    }

    /// A label whose value may be any text.
    static func label(_ name: String, _ value: String) -> String {
        var escaped = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return "\(name)=\"\(escaped)\""
    }
}

/// Writes metrics as Prometheus reads them.
enum PrometheusText {
    static func text(of families: [String: MetricsRegistry.Family]) -> String {
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(family.explanation)\n# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, series) in family.series.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                guard family.kind == .histogram else {
                    text += name + braces(labels) + " \(series.value)\n"
                    continue
                }
                for (bound, count) in zip(family.buckets, series.counts) {
                    text += "\(name)_bucket" + braces(labels + ["le=\"\(bound)\""]) + " \(count)\n"
                }
                text += "\(name)_bucket" + braces(labels + ["le=\"+Inf\""]) + " \(series.count)\n"
                text += "\(name)_sum" + braces(labels) + " \(series.value)\n"
                text += "\(name)_count" + braces(labels) + " \(series.count)\n"
            }
        }
        return text
    }

    private static func braces(_ labels: [String]) -> String {
        labels.isEmpty ? "" : "{" + labels.joined(separator: ",") + "}"
    }
}
