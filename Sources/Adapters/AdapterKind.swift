/// How an adapter says what it changes.
public enum AdapterKind: String, Hashable, Sendable, CaseIterable, Codable {
    /// A product of two thin matrices; of a convolution, LoCon.
    case lora = "LoRA"
    /// Two such products, multiplied element by element.
    case loha = "LoHa"
    /// A Kronecker product.
    case lokr = "LoKr"
    /// Any of these with a length for each row or column.
    case dora = "DoRA"
    /// The difference itself.
    case full
    /// The difference of a normalisation's scale and shift.
    case norm
}
