/// A pointwise function that a backend may fuse into the operation before it.
public enum Activation: String, Hashable, Sendable, CaseIterable {
    case identity
    /// `x · sigmoid(x)`.
    case silu
    /// `x · Φ(x)` with the exact error function.
    case gelu
    /// `x · sigmoid(1.702 x)`, as OpenAI's CLIP was trained with.
    case quickGELU
    /// `max(x, 0)`.
    case relu
}
