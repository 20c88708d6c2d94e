/// How much a request may ask for on this server; each limit is named in the error of a request that passes it.
public struct RequestLimits: Equatable, Sendable {
    /// Bytes of UTF-8 of a prompt.
    public var promptBytes = 16_384
    /// Bytes of UTF-8 of a model's or an adapter's name.
    public var nameBytes = 256
    /// Images.
    public var count = 16
    /// Denoising steps, of each pass.
    public var steps = 150
    /// Pixels of each side, in multiples of 8; that of a second pass, too.
    public var sides = 64...2048
    /// Pixels of a picture, that of a second pass included.
    public var pixels = 4_194_304
    /// Adapters, those that the prompt names included.
    public var loras = 16
    /// Pictures to follow.
    public var controls = 4
    /// Pictures to see beside the prompt.
    public var imagePromptImages = 8
    /// Scale of classifier-free guidance.
    public var guidanceScale = 100.0
    /// How much of an adapter, to either side of 0.
    public var loraWeight = 10.0
    /// How much a picture to see beside the prompt is heeded.
    public var imagePromptScale = 5.0
    /// How many times the first pass's sides the second one's are.
    public var hiresScale = 4.0
    /// Standard deviation of the blur of a mask's edge, in pixels.
    public var maskBlur = 64.0
    /// Pixels around a mask that are drawn with it.
    public var maskPadding = 512

    /// What suits one machine.
    public init() {}
}
