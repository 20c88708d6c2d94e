public import DaguerrePixels

/// What a client asks to have drawn, as it travels and is stored; `nil` leaves a choice to the model.
///
/// Every interface has its own spelling and comes down to this. Images are named by the digests of uploads, models and
/// adapters by the names of the registry; nothing here is a path or an address.
public struct JobRequest: Codable, Equatable, Sendable {
    /// The model's name; the server's default where nil.
    ///
    /// A queue holds it filled in.
    public var model: String?
    /// A file with an autoencoder to take in place of the model's own, by name.
    public var vae: String?
    /// What to draw; `<lora:name:weight>` and the web UI's other syntax hold.
    public var prompt: String
    /// What to keep away from.
    public var negativePrompt = ""
    /// Seed of the first image; image *i* has `seed + i`.
    ///
    /// A queue holds it filled in.
    public var seed: UInt64?
    /// Images to draw.
    public var count = 1
    /// Denoising steps.
    public var steps: Int?
    /// Scale of classifier-free guidance.
    public var guidanceScale: Double?
    /// How far guidance is scaled back to the spread of the conditional prediction, from 0 to 1.
    public var guidanceRescale: Double?
    /// Pixels, multiples of 8.
    public var width: Int?, height: Int?
    /// Names as ComfyUI, AUTOMATIC1111 or diffusers write them.
    public var sampler: String?, schedule: String?
    /// Whose random numbers: `philox` or `torch`.
    public var random: String?
    /// Which layer of the text encoder is read, counted from the end.
    public var clipSkip: Int?
    /// What becomes of emphasised words: `original`, `no-norm`, `ignore`, `none`.
    public var emphasis: String?
    /// A second seed that the noise leans towards.
    public var variation: Variation?
    /// Pixels of the picture whose noise the seed stands for.
    public var seedSize: Size?
    /// Seamless edges: `both`, `horizontal`, `vertical`.
    public var tiling: String?
    /// Adapters beside those that the prompt names.
    public var loras: [LoRA] = []
    /// A picture to begin with.
    public var image: StartImage?
    /// Where only a part of ``image`` is to change.
    public var mask: Mask?
    /// Pictures to follow.
    public var controls: [Control] = []
    /// Pictures to see beside the prompt.
    public var imagePrompts: [ImagePrompt] = []
    /// A second, larger pass.
    public var hires: Hires?
    /// A model that goes on where this one leaves.
    public var refiner: Refiner?
    /// What fresh noise samplers add.
    public var noise: Noise?
    /// What Stable Diffusion XL is told of the picture.
    public var conditions: Conditions?
    /// What kind of file images become.
    public var output = Output()
    /// Whether previews are wanted while it runs.
    public var previews = false

    /// One picture of `prompt`, by the model's defaults.
    public init(_ prompt: String) { self.prompt = prompt }

    /// Pixels.
    public struct Size: Codable, Equatable, Sendable {
        /// Pixels.
        public var width: Int, height: Int
        /// So many pixels.
        public init(width: Int, height: Int) {
            self.width = width
            self.height = height
        }
    }

    /// A second seed, and how far the noise leans towards it, from 0 to 1.
    public struct Variation: Codable, Equatable, Sendable {
        /// The second seed.
        public var seed: UInt64
        /// How far the noise leans towards it.
        public var strength: Double
        /// Leans towards `seed`.
        public init(seed: UInt64, strength: Double) {
            self.seed = seed
            self.strength = strength
        }
    }

    /// An adapter by name, and how much of it.
    public struct LoRA: Codable, Equatable, Sendable {
        /// The registry's name.
        public var name: String
        /// How much of it.
        public var weight = 1.0
        /// How much of it for the text encoders; as `weight` where nil.
        public var textWeight: Double?
        /// All of the adapter `name`.
        public init(name: String) { self.name = name }
    }

    /// A picture to begin with.
    public struct StartImage: Codable, Equatable, Sendable {
        /// An upload.
        public var upload: BlobDigest
        /// How much of it may change, from 0 to 1.
        public var strength = 0.75
        /// How other proportions are brought to the size drawn.
        public var resizeMode = ResizeMode.stretch
        /// Begins with `upload`.
        public init(_ upload: BlobDigest) { self.upload = upload }
    }

    /// Where only a part is to change.
    public struct Mask: Codable, Equatable, Sendable {
        /// An upload: white is to change.
        public var upload: BlobDigest
        /// Whether black is to change instead.
        public var isInverted = false
        /// Standard deviation of the blur of its edge, in pixels.
        public var blur = 4.0
        /// What lies under it when drawing starts.
        public var content = MaskedContent.original
        /// Pixels around it that are drawn with it, enlarged; nil draws the whole picture.
        public var padding: Int?
        /// What `upload` shows white is to change.
        public init(_ upload: BlobDigest) { self.upload = upload }
    }

    /// A picture to follow, and who reads it.
    public struct Control: Codable, Equatable, Sendable {
        /// The registry's name of a ControlNet or T2I-Adapter.
        public var model: String
        /// An upload; the picture to begin with where nil.
        public var image: BlobDigest?
        /// An upload: white where inpainting is to fill in.
        public var mask: BlobDigest?
        /// What is made of the picture before it is read.
        public var preprocessor = Preprocessor.none
        /// What the preprocessor takes.
        public var resolution: Int?, thresholdA: Double?, thresholdB: Double?
        /// How other proportions are brought to the size drawn.
        public var resizeMode = ResizeMode.crop
        /// How much of what it says is added, from 0 to 2.
        public var weight = 1.0
        /// The share of the steps at which it begins and ends.
        public var start = 0.0, end = 1.0
        /// How it and the prompt share the say: `balanced`, `prompt`, `control`, `guess`.
        public var mode = "balanced"
        /// Whether what the network was shown is returned beside the images.
        public var returnsMap = false
        /// Follows a picture as `model` reads it.
        public init(model: String) { self.model = model }
    }

    /// Pictures to see beside the prompt.
    public struct ImagePrompt: Codable, Equatable, Sendable {
        /// The registry's names of an IP-Adapter and of the encoder that sees for it.
        public var model: String, encoder: String
        /// Uploads, at least one.
        public var images: [BlobDigest]
        /// How much they are heeded.
        public var scale = 1.0
        /// Shows `images`.
        public init(model: String, encoder: String, images: [BlobDigest]) {
            self.model = model
            self.encoder = encoder
            self.images = images
        }
    }

    /// A second, larger pass.
    public struct Hires: Codable, Equatable, Sendable {
        /// So many times the first pass's sides; unless the size is given.
        public var scale: Double?
        /// Pixels, in place of the scale.
        public var width: Int?, height: Int?
        /// How the first result is enlarged: `latent`, `lanczos`, …; see the server's list.
        public var upscaler: String?
        /// Steps of the second pass.
        public var steps: Int?
        /// How much may change, from 0 to 1.
        public var strength = 0.7
        /// For the second pass.
        public var sampler: String?, schedule: String?
        /// Twice as large unless said otherwise.
        public init() {}
    }

    /// A model that goes on where this one leaves.
    public struct Refiner: Codable, Equatable, Sendable {
        /// The registry's name.
        public var model: String
        /// The share of the denoising after which it takes over.
        public var start = 0.8
        /// Goes on with `model`.
        public init(model: String) { self.model = model }
    }

    /// What fresh noise samplers add; see k-diffusion.
    public struct Noise: Codable, Equatable, Sendable {
        /// The share of a step's noise that is fresh.
        public var eta: Double?
        /// How far steps go back, between which levels, and what all fresh noise is multiplied by.
        public var churn: Double?, minimumSigma: Double?, maximumSigma: Double?, scale: Double?
        /// As each sampler does by itself.
        public init() {}
    }

    /// What Stable Diffusion XL is told of the picture.
    public struct Conditions: Codable, Equatable, Sendable {
        /// Sizes in pixels before and after cropping.
        public var originalSize: Size?, targetSize: Size?
        /// What was cut off at the left and at the top, in pixels.
        public var cropLeft: Int?, cropTop: Int?
        /// From 0 to 10, for the refiner.
        public var aestheticScore: Double?, negativeAestheticScore: Double?
        /// An uncropped picture of the size drawn.
        public init() {}
    }

    /// What kind of file images become.
    public struct Output: Codable, Equatable, Sendable {
        /// Kinds of files.
        public enum Format: String, Codable, CaseIterable, Sendable {
            case png, jpeg, webp

            /// As in a `Content-Type`.
            public var mediaType: String { "image/" + rawValue }
        }

        /// What kind.
        public var format = Format.png
        /// Of JPEG and WebP, from 1 to 100.
        public var quality = 90
        /// PNG.
        public init() {}
    }
}
