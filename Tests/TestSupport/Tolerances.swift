public import DaguerreTensors

/// The one table of tolerances: what each promise allows under each element type.
///
/// A limit is never loosened without a cause written beside it.
public enum Tolerances {
    /// One operation of a backend against `Reference`, for inputs of order one.
    public static func operation(_ type: ElementType) -> Tolerance {
        switch type {
        case .bfloat16: .elementwise(absolute: 2e-2, relative: 2e-2)
        case .float16: .elementwise(absolute: 3e-3, relative: 3e-3)
        default: .elementwise(absolute: 2e-5, relative: 2e-5)
        }
    }

    /// The output of a whole module (UNet, autoencoder, text encoder) against diffusers and transformers.
    public static func module(_ type: ElementType) -> Tolerance {
        switch type {
        case .bfloat16: .relativeL2(2e-2)
        case .float16: .relativeL2(4e-3)
        default: .relativeL2(1e-4)
        }
    }

    /// Latents after twenty steps against diffusers, in float32.
    ///
    /// The promise is 1e-3; `Reference` reaches 3e-6, and an error of a formula may hide between the two.
    public static let latents = Tolerance.relativeL2(1e-4)

    /// A final 8-bit image against diffusers', in float32.
    public static let image = Tolerance.within(1, share: 0.999)

    /// The least PSNR of a bfloat16 image against the float32 one, in decibels.
    public static let leastBFloat16PSNR = 30.0
}
