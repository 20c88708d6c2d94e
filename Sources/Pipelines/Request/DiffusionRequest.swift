public import DaguerreAdapters
public import DaguerreSampling
public import DaguerreTensors

/// What a ``DiffusionPipeline`` is to draw, every choice made.
public struct DiffusionRequest: Sendable {
    /// What to draw.
    public var prompt: String
    /// What to keep away from.
    public var negativePrompt = ""
    /// How both are read: emphasis, clip skip, textual inversions.
    public var prompts = PromptOptions()
    /// Seed of the first image; image *i* has `seed + i`, or the same seed where ``variation`` makes each another.
    public var seed: UInt64
    /// Images to draw.
    public var count = 1
    /// Denoising steps.
    public var steps: Int
    /// Scale of classifier-free guidance; 1 and less is none, and takes half the time.
    public var guidance: Double
    /// How far the guided prediction is scaled back to the spread of the conditional one, from 0 to 1.
    public var guidanceRescale = 0.0
    /// Pixels; multiples of the autoencoder's scale.
    public var width, height: Int
    /// Who solves, on which noise levels.
    public var sampler: SamplerConfiguration
    /// Whose random numbers to draw.
    public var random: RandomSource
    /// What Stable Diffusion XL is told of the picture.
    public var conditions = PictureConditions()
    /// Standard normal latents `[count, C, H/s, W/s]` to begin with, in place of drawn ones.
    public var initialLatents: HostTensor?
    /// A second seed that the first noise leans towards.
    public var variation: SeedVariation?
    /// Pixels of the picture whose noise the seed stands for, where it is not the one drawn.
    public var seedSize: PixelSize?
    /// A picture to begin with, in place of noise alone.
    public var start: ImageStart?
    /// A second, larger pass over the first one's result.
    public var hires: HiresPass?
    /// The share of the denoising after which the refiner takes over, between 0 and 1; 1 leaves it out.
    public var refinerStart = 1.0

    /// What adapts the model for this request alone, in the order given.
    public var adapters: [AdapterUse] = []
    /// Whether adapters run beside the layers or are merged into copies; what costs less if `nil`.
    public var adapterPolicy: AdaptationPolicy?
    /// Across which edges the picture goes on at the opposite one.
    public var tiling: TilingAxes = []
    /// Pictures to follow.
    public var controls: [ControlUse] = []
    /// Pictures to see beside the prompt.
    public var imagePrompts: [ImagePromptUse] = []

    /// A request with no negative prompt, for one image.
    public init(
        prompt: String, seed: UInt64, steps: Int, guidance: Double, width: Int, height: Int,
        sampler: SamplerConfiguration, random: RandomSource
    ) {
        self.prompt = prompt
        self.seed = seed
        self.steps = steps
        self.guidance = guidance
        self.width = width
        self.height = height
        self.sampler = sampler
        self.random = random
    }

    /// The seed of image `index`.
    package func seed(of index: Int) -> UInt64 { (variation?.strength ?? 0) == 0 ? seed &+ UInt64(index) : seed }
}
