public import DaguerreModels
public import DaguerrePixels
public import DaguerreTensors
import Glibc
import Synchronization

/// A small picture of latents without decoding them: each pixel's colour is a linear function of one latent.
///
/// The function is fitted to the autoencoder at hand: a picture of many colours is encoded, and the mean colour of what
/// becomes one latent is regressed on the latent. So there is no table of numbers that holds for some autoencoders only.
public struct LatentPreview: Equatable, Sendable {
    /// What each channel of a latent, and last the number 1, adds to red, green and blue from 0 to 255.
    private let colours: [[Double]]

    /// Latents on each side of the picture that the function is fitted to.
    private static let side = 16

    /// Fits the function to `autoencoder`, whose encoder runs once, on a picture of 16 latents a side.
    ///
    /// - Throws: ``PipelineError/unencodable`` if its latents are not finite.
    package init(_ autoencoder: Autoencoder, on backend: some Backend) throws {
        let scale = autoencoder.configuration.scale
        let picture = Self.manyColours(side: Self.side * scale)
        let latents = try EncodedPicture(picture.encoderInput, autoencoder, on: backend).mode
        let values = latents.floats.map(Double.init)
        let channels = latents.shape[3]
        var fit = LeastSquares(inputCount: channels + 1, outputCount: 3)
        for row in 0..<Self.side {
            for column in 0..<Self.side {
                let first = (row * Self.side + column) * channels
                fit.observe(
                    values[first..<first + channels] + [1],
                    picture.meanColour(x: column * scale, y: row * scale, side: scale))
            }
        }
        colours = fit.solution
    }

    /// Latents `[1, h, w, C]`, scaled as the denoiser sees them → a picture of w × h pixels; what is not finite is black.
    public func callAsFunction(_ latents: HostTensor) -> Image {
        let values = latents.floats
        let channels = colours.count - 1
        let (height, width) = (latents.shape[1], latents.shape[2])
        let pixels = (0..<height * width).flatMap { place in
            (0..<3).map { colour in
                let sum = (0..<channels).reduce(colours[channels][colour]) {
                    $0 + Double(values[place * channels + $1]) * colours[$1][colour]
                }
                return sum.isFinite ? UInt8(min(max(sum, 0), 255).rounded()) : 0
            }
        }
        return Image(width: width, height: height, pixels: pixels)
    }

    /// Every hue, pale and strong, dark and bright, in waves that are long beside a latent.
    private static func manyColours(side: Int) -> Image {
        func wave(_ turns: Double) -> Double { cos(2 * .pi * turns) }
        let pixels = (0..<side * side).flatMap { place -> [UInt8] in
            let (x, y) = (Double(place % side) / Double(side), Double(place / side) / Double(side))
            let brightness = 0.5 + 0.4 * wave(1.5 * x - y)
            let strength = 0.3 + 0.2 * wave(x + 2.5 * y)
            return (0..<3).map { colour in
                let value = brightness + strength * wave(2 * x + y + Double(colour) / 3)
                return UInt8((min(max(value, 0), 1) * 255).rounded())
            }
        }
        return Image(width: side, height: side, pixels: pixels)
    }
}

/// What makes the previews of one model: a tiny autoencoder, or else the linear function, which is fitted when it is first
/// asked for and kept.
public final class KeptLatentPreview: Sendable {
    private let decoder: TinyAutoencoder?
    private let fitted = Mutex<LatentPreview?>(nil)

    /// Nothing is fitted yet; `decoder` is for the model's own latents, and on the backend that it draws on.
    public init(decoder: TinyAutoencoder? = nil) { self.decoder = decoder }

    /// Whether latents are decoded, which takes memory and time that a forecast has to know of.
    package var decodes: Bool { decoder != nil }

    /// What makes pictures of latents of `autoencoder`, `[1, h, w, C]`, scaled as the denoiser sees them: always the same.
    func callAsFunction(
        _ autoencoder: Autoencoder, on backend: some Backend
    ) throws -> (_ latents: HostTensor) throws -> Image {
        if let decoder { return { try DecodedPreview(decoder)($0, on: backend) } }
        return try fitted.withLock { fitted in
            let preview = try fitted ?? LatentPreview(autoencoder, on: backend)
            fitted = preview
            return preview.callAsFunction
        }
    }
}

extension Image {
    /// The mean red, green and blue of a square of an RGB picture.
    fileprivate func meanColour(x: Int, y: Int, side: Int) -> [Double] {
        var sums = [0.0, 0, 0]
        for row in y..<y + side {
            for column in x..<x + side {
                for (colour, sample) in self[column, row].enumerated() { sums[colour] += Double(sample) }
            }
        }
        return sums.map { $0 / Double(side * side) }
    }
}
