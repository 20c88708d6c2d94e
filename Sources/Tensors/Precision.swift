/// What weights and activations are rounded to; statistics, softmax and accumulation are float32 under each.
public enum Precision: String, Hashable, Sendable, CaseIterable {
    case float32, bfloat16, float16

    /// The element type of weights and activations under this policy.
    public var elementType: ElementType {
        switch self {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .float16: .float16
        }
    }
}
