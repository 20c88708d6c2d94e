public import DaguerreAdapters
public import DaguerrePipelines
public import DaguerreSampling
public import DaguerreTensors

/// What to draw; `nil` takes the model's own default.
public struct GenerationRequest: Sendable {
    /// What to draw.
    public var prompt: String
    /// What to keep away from.
    public var negativePrompt = ""
    /// Seed of the first image; image *i* has `seed + i`, or the same where there is a ``variation``.
    public var seed: UInt64
    /// Images to draw.
    public var count = 1
    /// Denoising steps.
    public var steps: Int?
    /// Scale of classifier-free guidance; 1 is none.
    public var guidance: Double?
    /// How far the guided prediction is scaled back to the spread of the conditional one, from 0 to 1.
    public var guidanceRescale = 0.0
    /// Pixels; multiples of 8.
    public var width, height: Int?
    /// A sampler's name as ComfyUI, AUTOMATIC1111 or diffusers write it; the model's own if `nil`.
    public var sampler: String?
    /// A schedule's name as ComfyUI or AUTOMATIC1111 write it; the model's own if `nil`.
    public var schedule: String?
    /// Whose random numbers to draw.
    public var random = RandomSource.philox
    /// Standard normal latents `[count, 4, height/8, width/8]` to begin with, in place of drawn ones.
    public var initialLatents: HostTensor?
    /// A second seed that the first noise leans towards.
    public var variation: SeedVariation?
    /// Pixels of the picture whose noise the seed stands for, where it is not the one drawn.
    public var seedSize: PixelSize?
    /// What Stable Diffusion XL is told of the picture.
    public var conditions = PictureConditions()
    /// How prompts are read and encoded: clip skip, emphasis, textual inversions.
    public var promptOptions = PromptOptions()
    /// What adapts the model for this request alone, in the order given; see ``Model/adapter(at:strict:)``.
    public var adapters: [AdapterUse] = []
    /// Whether adapters run beside the layers or are merged into copies; what costs less if `nil`.
    public var adapterPolicy: AdaptationPolicy?
    /// A picture to begin with.
    public var edit: PictureEdit?
    /// Across which edges the picture goes on at the opposite one: seamless textures.
    public var tiling: TilingAxes = []
    /// What fresh noise the samplers of both passes add, where not as they do by default.
    public var fresh: FreshNoise?
    /// Pictures to follow; see ``Model/control(at:)``.
    public var controls: [ControlRequest] = []
    /// Pictures to see beside the prompt; see ``Model/imagePrompt(at:encoder:)``.
    public var imagePrompts: [ImagePromptRequest] = []
    /// A second, larger pass.
    public var hires: HiresRequest?
    /// The share of the denoising after which the refiner takes over, between 0 and 1; 1 leaves it out.
    public var refinerStart = 1.0

    /// One picture of `prompt`, by the model's defaults.
    public init(_ prompt: String, seed: UInt64 = 0) {
        self.prompt = prompt
        self.seed = seed
    }
}
