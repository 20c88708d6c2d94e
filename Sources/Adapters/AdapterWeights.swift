/// How much of an adapter a request wants, apart for each component; 1 is as it was trained, 0 is nothing.
public struct AdapterWeights: Hashable, Sendable {
    /// Factors of what is added to each component's weights.
    public var unet, textEncoder, textEncoder2: Double
    /// Further factors, by where in the denoiser a layer is.
    public var blocks: BlockWeights?

    /// The farthest from 0 that a weight may be.
    static let largest = 100.0

    /// The same for every component.
    public init(_ weight: Double = 1, blocks: BlockWeights? = nil) {
        self.init(unet: weight, textEncoder: weight, blocks: blocks)
    }

    /// One for the denoiser, one for the text encoders; `textEncoder2` is for the second if it is to have its own.
    public init(unet: Double, textEncoder: Double, textEncoder2: Double? = nil, blocks: BlockWeights? = nil) {
        self.unet = unet
        self.textEncoder = textEncoder
        self.textEncoder2 = textEncoder2 ?? textEncoder
        self.blocks = blocks
    }

    subscript(component: AdapterComponent) -> Double {
        switch component {
        case .unet: unet
        case .textEncoder: textEncoder
        case .textEncoder2: textEncoder2
        }
    }

    /// - Throws: ``AdapterError/weight(field:found:expected:)`` for a weight that is no number or beyond ±100.
    func check() throws(AdapterError) {
        for component in AdapterComponent.allCases {
            try Self.check(self[component], "the adapter's weight for \(component.rawValue)")
        }
    }

    static func check(_ weight: Double, _ field: String) throws(AdapterError) {
        guard weight.isFinite, abs(weight) <= largest else {
            throw .weight(
                field: field, found: "\(weight)", expected: "a number from -\(Int(largest)) to \(Int(largest))")
        }
    }
}

/// Factors of an adapter by where in a model a layer is.
///
/// Either paths and the factors below them, the longest path that fits counting, or the lists that users of per-block
/// weights know: one number for each block in the order of the forward pass, after one for the text encoders.
public struct BlockWeights: Hashable, Sendable {
    /// Factors below paths of layers: `down_blocks.1`, `mid_block`, `up_blocks.0.attentions.2`.
    private var paths: [String: Double] = [:]
    /// Factors of blocks by their short names, what a list does not name counting nothing; nil without a list.
    private var blocks: [String: Double]?

    /// The name that lists have for everything that is in no block of the denoiser: text encoders, time embedding.
    static let base = "BASE"

    /// Factors below `paths`; 1 elsewhere.
    ///
    /// - Throws: ``AdapterError/weight(field:found:expected:)`` for a factor that is no number or beyond ±100.
    public init(paths: [String: Double]) throws(AdapterError) {
        for (path, factor) in paths { try AdapterWeights.check(factor, "the factor of \(path.shortened)") }
        self.paths = paths
    }

    /// Factors in the order of ``listNames(count:)``: 17 or 26 of them for SD 1.x and 2.x, 12 or 20 for XL.
    ///
    /// The shorter lists name the blocks that attend; what is in another block counts nothing.
    ///
    /// - Throws: ``AdapterError/weight(field:found:expected:)`` for another count or a factor beyond ±100.
    public init(list: [Double]) throws(AdapterError) {
        guard let names = Self.listNames(count: list.count) else {
            throw .weight(
                field: "a list of block weights", found: "\(list.count) long", expected: "12, 17, 20 or 26 long")
        }
        for (name, factor) in zip(names, list) { try AdapterWeights.check(factor, "the factor of block \(name)") }
        blocks = Dictionary(zip(names, list), uniquingKeysWith: { first, _ in first })
    }

    /// The blocks that a list of `count` factors is for: `BASE`, `IN01`, …; nil for a count that is no list's.
    public static func listNames(count: Int) -> [String]? {
        func names(_ prefix: String, _ numbers: some Sequence<Int>) -> [String] {
            numbers.map { prefix + ($0 < 10 ? "0\($0)" : "\($0)") }
        }
        func list(_ inputs: some Sequence<Int>, _ outputs: some Sequence<Int>) -> [String] {
            [base] + names("IN", inputs) + ["M00"] + names("OUT", outputs)
        }
        return switch count {
        case 12: list([4, 5, 7, 8], 0...5)
        case 17: list([1, 2, 4, 5, 7, 8], 3...11)
        case 20: list(0...8, 0...8)
        case 26: list(0...11, 0...11)
        default: nil
        }
    }

    /// The factor of a layer of `component` at `path` in block `block`.
    func factor(_ component: AdapterComponent, path: String, block: String?) -> Double {
        let plain = component == .unet || !path.hasPrefix("text_model.") ? path : String(path.dropFirst(11))
        let fitting = paths.filter { plain == $0.key || plain.hasPrefix($0.key + ".") }
        if let best = fitting.max(by: { $0.key.utf8.count < $1.key.utf8.count }) { return best.value }
        guard let blocks else { return 1 }
        return blocks[block ?? Self.base] ?? 0
    }
}
