public import DaguerreModels
public import DaguerrePipelines
public import DaguerrePixels
import DaguerreTensors

/// A picture that the drawing is to follow, and the network that reads it.
public struct ControlRequest: Sendable {
    /// Who reads the picture.
    public var model: ControlModel
    /// The picture.
    public var image: Image
    /// White where inpainting is to fill in, of the picture's size; needed by `inpaint_only`.
    public var mask: Image?
    /// What is made of the picture before it is read.
    public var preprocessor = Preprocessor.none
    /// Numbers that the preprocessor takes.
    public var settings = PreprocessorSettings()
    /// How a picture of other proportions is brought to the size that is drawn.
    public var resizeMode = ResizeMode.crop
    /// How much of what the network says is added, from 0 to 2.
    public var weight = 1.0
    /// The share of the steps at which it begins and ends, each from 0 to 1, the end after the start.
    public var start = 0.0, end = 1.0
    /// How a ControlNet and the prompt share the say.
    public var mode = ControlMode.balanced

    /// Follows `image` as `model` reads it.
    public init(_ model: ControlModel, image: Image) {
        self.model = model
        self.image = image
    }

    /// The same for a pipeline, over the network that draws or the one that only counts.
    ///
    /// - Throws: `PixelsError` naming a setting of the preprocessor; `PipelineError` naming another field.
    func use(_ network: ControlUse.Network, size: PixelSize) throws -> ControlUse {
        func require(_ field: String, _ found: Double, _ range: ClosedRange<Double>) throws {
            guard range.contains(found) else {
                throw PipelineError.invalid(
                    field: field, found: "\(found)",
                    expected: "a number from \(range.lowerBound) to \(range.upperBound)")
            }
        }
        try require("control weight", weight, 0...2)
        try require("control start", start, 0...1)
        try require("control end", end, 0...1)
        guard start < end else {
            throw PipelineError.invalid(
                field: "control end", found: "\(end)", expected: "a number above control start, \(start)")
        }
        let picture: @Sendable (PixelSize) throws -> HostTensor = { [self] size in
            let map = try preprocessor.map(
                of: image, mask: mask, width: size.width, height: size.height, mode: resizeMode, settings: settings)
            return HostTensor(map.values, shape: [1, size.height, size.width, 3])
        }
        return ControlUse(network, weight: weight, mode: mode, start: start, end: end, picture: picture)
    }

    /// What the network is shown for a drawing of `size`.
    public func map(_ size: PixelSize) throws -> Image {
        try preprocessor.map(
            of: image, mask: mask, width: size.width, height: size.height, mode: resizeMode, settings: settings
        ).image
    }
}

/// Pictures to see beside the prompt.
public struct ImagePromptRequest: Sendable {
    /// Who shows them to the denoiser.
    public var model: ImagePromptModel
    /// At least one.
    public var images: [Image]
    /// How much they are heeded, and where.
    public var scale = ImagePromptScale.uniform(1)

    /// Shows `images` by `model`.
    public init(_ model: ImagePromptModel, images: [Image]) {
        self.model = model
        self.images = images
    }
}
