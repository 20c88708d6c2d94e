public import DaguerreModels
public import DaguerrePipelines
public import DaguerrePixels
public import DaguerreTensors

/// What was drawn, and what it took.
public struct GenerationResult: Sendable {
    /// In the order of their seeds.
    public let images: [Image]
    /// What the safety checker says of each image; nil where there is none.
    public let safety: [SafetyVerdict]?
    /// Final latents `[count, 4, height/8, width/8]`, float32.
    public let latents: HostTensor
    /// The request with every default filled in.
    public let request: DiffusionRequest
    /// How long each stage took.
    public let timings: DiffusionPipeline.Timings
    /// What the backend held; the peak is that of this request, weights included.
    public let memory: MemoryReport
    /// What a dry run foretold.
    public let forecast: Forecast
    /// What the user should know: a truncated prompt, a retried decode.
    public let warnings: [String]
}

/// What a request will take, computed over shapes before it runs.
public struct Forecast: Equatable, Sendable {
    /// Floating-point operations of matrix products, two for each multiplication and addition.
    public let flops: Int
    /// The most that weights, tensors and scratch space take at once.
    public let peakBytes: Int
}
