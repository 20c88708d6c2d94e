import Glibc

/// How a ControlNet and the prompt share the say.
///
/// The first three carry the names that the AUTOMATIC1111 extension `sd-webui-controlnet` documents in its README under
/// "Control Mode"; the second and third weaken what is added to the finer layers, as guess mode of the original
/// ControlNet does.
public enum ControlMode: String, Hashable, Sendable, CaseIterable {
    /// Prompt and negative prompt hear of the control alike, every layer with full weight.
    case balanced = "Balanced"
    /// As `balanced`, with layer *i* of *n* weighted by 0.825ⁿ⁻¹⁻ⁱ: the middle, which is the last, has full weight, and
    /// the first convolution 0.825¹² of it in Stable Diffusion 1.x, which has thirteen.
    case promptIsMoreImportant = "My prompt is more important"
    /// Weighted in the same way, and only the prompt hears of the control, not the negative one; guidance then enlarges
    /// its effect as it does the prompt's.
    ///
    /// Source: ControlNet repository (lllyasviel/ControlNet), `gradio_canny2image.py`, `guess_mode`.
    case controlIsMoreImportant = "ControlNet is more important"
    /// diffusers' `guess_mode`: only the prompt hears of it, and the weights grow as powers of ten from 0.1 to 1.
    ///
    /// Source: diffusers 0.42.1 `ControlNetModel.forward`: `logspace(-1, 0)`.
    case guess = "Guess"

    /// Which prompts hear of the control.
    public var prompts: ControlResiduals.Prompts {
        switch self {
        case .balanced, .promptIsMoreImportant: .all
        case .controlIsMoreImportant, .guess: .conditional
        }
    }

    /// The weights of `count` layers, the first convolution's first and the middle's last.
    public func weights(_ count: Int) -> [Double] {
        (0..<count).map { index in
            switch self {
            case .balanced: 1
            case .promptIsMoreImportant, .controlIsMoreImportant: pow(0.825, Double(count - 1 - index))
            case .guess: count == 1 ? 1 : pow(10, Double(index) / Double(count - 1) - 1)
            }
        }
    }
}
