/// What one tensor of an adapter file is to its layer, under whatever name.
enum AdapterParameter: String, Hashable, Sendable, CaseIterable {
    /// `[rank, I]` or `[rank, I, K, K]`.
    case down = "lora_down"
    /// `[O, rank]`.
    case up = "lora_up"
    /// `[rank, rank, K, K]` between the two.
    case middle = "lora_mid"
    /// One number: the product is scaled by alpha ÷ rank.
    case alpha
    /// DoRA's length of each row, or of each column.
    case magnitude = "dora_scale"
    /// Something of the weight's shape that is added to it.
    case difference = "diff"
    /// Something of the bias's shape that is added to it.
    case biasDifference = "diff_b"
    case normDifference = "w_norm"
    case normBiasDifference = "b_norm"
    case hadamard1A = "hada_w1_a"
    case hadamard1B = "hada_w1_b"
    case hadamard2A = "hada_w2_a"
    case hadamard2B = "hada_w2_b"
    case hadamardCore1 = "hada_t1"
    case hadamardCore2 = "hada_t2"
    case kronecker1 = "lokr_w1"
    case kronecker1A = "lokr_w1_a"
    case kronecker1B = "lokr_w1_b"
    case kronecker2 = "lokr_w2"
    case kronecker2A = "lokr_w2_a"
    case kronecker2B = "lokr_w2_b"
    case kroneckerCore2 = "lokr_t2"
}
