public import DaguerreSampling
public import DaguerreTensors

/// What to draw; `nil` takes the model's own default.
public struct GenerationRequest: Sendable {
    /// What to draw.
    public var prompt: String
    /// What to keep away from.
    public var negativePrompt: String
    /// Seed of the first image; image *i* has `seed + i`.
    public var seed: UInt64
    /// Images to draw.
    public var count: Int
    /// Denoising steps.
    public var steps: Int?
    /// Scale of classifier-free guidance; 1 is none.
    public var guidance: Double?
    /// How far the guided prediction is scaled back to the spread of the conditional one, from 0 to 1.
    public var guidanceRescale: Double
    /// Pixels; multiples of 8.
    public var width, height: Int?
    /// A sampler's name as ComfyUI, AUTOMATIC1111 or diffusers write it; the model's own if `nil`.
    public var sampler: String?
    /// A schedule's name as ComfyUI or AUTOMATIC1111 write it; the model's own if `nil`.
    public var schedule: String?
    /// Whose random numbers to draw.
    public var random: RandomSource
    /// Standard normal latents `[count, 4, height/8, width/8]` to begin with, in place of drawn ones.
    public var initialLatents: HostTensor?

    /// One picture of `prompt`, by the model's defaults.
    public init(_ prompt: String, seed: UInt64 = 0) {
        self.prompt = prompt
        self.seed = seed
        negativePrompt = ""
        count = 1
        guidanceRescale = 0
        random = .philox
    }
}
