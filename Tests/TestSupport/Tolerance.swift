/// How far a result may be from its expected value.
public enum Tolerance: Hashable, Sendable {
    /// ‖actual − expected‖₂ ≤ limit · ‖expected‖₂, over the whole tensor.
    case relativeL2(Double)
    /// |actual − expected| ≤ absolute + relative · |expected|, for each element.
    case elementwise(absolute: Double, relative: Double)
    /// |actual − expected| ≤ absolute for at least `share` of the elements: 8-bit images.
    case within(Double, share: Double)

    /// Every element equal.
    public static let exact = Tolerance.elementwise(absolute: 0, relative: 0)
}
