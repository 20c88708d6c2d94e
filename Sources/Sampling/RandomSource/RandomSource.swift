/// Whose random numbers a seed stands for.
public enum RandomSource: String, Hashable, Sendable, CaseIterable {
    /// Those of a CUDA generator, as AUTOMATIC1111 has them by default.
    case philox
    /// Those of torch's generator on a CPU, as ComfyUI and most of diffusers' examples have them.
    case torch
}

/// Draws standard normal numbers, `count` at a time; how many are drawn at once is part of the sequence.
package protocol NormalGenerator: Sendable {
    mutating func next(_ count: Int) -> [Float]
}
