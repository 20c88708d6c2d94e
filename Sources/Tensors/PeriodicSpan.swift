/// What a convolution reads and which of its results are kept along one axis, so that its zeros are never seen.
///
/// The axis is seen as periodic; positions below 0 and past its end are those of neighbouring copies.
struct PeriodicSpan: Equatable {
    /// Positions of the input that are convolved: the axis itself, and as much around it as the kernel reaches.
    let input: Range<Int>
    /// Which of the results of that belong to the axis.
    let kept: Range<Int>
    /// How many positions the kept results are too far on: the first of them belongs at this place.
    let turn: Int

    /// An axis that is not periodic: `inputs` positions become `outputs`.
    init(inputs: Int, outputs: Int) {
        self.init(input: 0..<inputs, kept: 0..<outputs, turn: 0)
    }

    /// A kernel that goes over the axis in steps of `stride`, from `padding` before its beginning on.
    ///
    /// What is put before the axis is a multiple of the stride, so that the kernel falls on the same positions.
    init(inputs: Int, outputs: Int, kernel: Int, stride: Int, padding: Int) {
        let skipped = (padding + stride - 1) / stride
        let end = (outputs - 1) * stride + kernel - padding
        self.init(input: -skipped * stride..<max(inputs, end), kept: skipped..<skipped + outputs, turn: 0)
    }

    /// A kernel of 3, padding 1, that goes over the axis after its enlargement by nearest neighbour to `outputs`.
    ///
    /// Copies of the axis continue the enlargement only in whole periods of its ratio, the smallest of which becomes
    /// `unit` results. Where that is short, as in a doubling, one goes before and one after. Where it is long, as it is
    /// for the odd sizes of a UNet, one after is less work: the first result is then taken from the axis's next copy.
    init(inputs: Int, enlargedTo outputs: Int) {
        let common = Self.greatestCommonDivisor(inputs, outputs)
        let (period, unit) = (inputs / common, outputs / common)
        if period > 1 && unit > 1 {
            self.init(input: 0..<inputs + period, kept: 1..<1 + outputs, turn: 1)
        } else {
            self.init(input: -period..<inputs + period, kept: unit..<unit + outputs, turn: 0)
        }
    }

    private init(input: Range<Int>, kept: Range<Int>, turn: Int) {
        self.input = input
        self.kept = kept
        self.turn = turn
    }

    /// Extent of the input's enlargement, for an axis of `inputs` positions that is enlarged to `outputs`.
    func enlarged(_ inputs: Int, to outputs: Int) -> Int { input.count * outputs / inputs }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        b == 0 ? a : greatestCommonDivisor(b, a % b)
    }
}
