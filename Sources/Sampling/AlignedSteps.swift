import Glibc

/// The noise levels of ten steps that were found best for each family of models.
///
/// Source: Sabour and others, "Align Your Steps" (arXiv 2404.14507); tables of its project page, which diffusers lists as
/// `AysSchedules`, with the lowest level of the former in place of zero.
public enum AlignedSteps: String, Hashable, Sendable, CaseIterable {
    /// Stable Diffusion 1.x, and what is trained on the same noise levels.
    case stableDiffusion
    /// Stable Diffusion XL.
    case stableDiffusionXL

    private var table: [Double] {
        switch self {
        case .stableDiffusion: [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029]
        case .stableDiffusionXL: [14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029]
        }
    }

    /// The levels of `count` steps, the table's for ten; for others ln σ is interpolated linearly between them.
    func sigmas(count: Int) -> [Double] {
        let logarithms = table.map { log($0) }
        let last = logarithms.count - 1
        return equallySpaced(from: 0, to: Double(last), count: count + 1).prefix(count).map { place in
            let lower = min(Int(place), last - 1)
            return exp(logarithms[lower] + (place - Double(lower)) * (logarithms[lower + 1] - logarithms[lower]))
        }
    }
}
