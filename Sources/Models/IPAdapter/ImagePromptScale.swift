/// How much a denoiser heeds an IP-Adapter's picture, in all of its transformers or in some.
///
/// With a few places only, style or layout alone can be taken from a picture. Source: diffusers 0.42.1
/// `IPAdapterMixin.set_ip_adapter_scale`.
public struct ImagePromptScale: Equatable, Sendable {
    /// Which spatial transformer.
    public struct Place: Hashable, Sendable {
        /// The way down, the middle, the way up.
        public let part: TransformerPlace.Part
        /// The block's number in `down_blocks` or `up_blocks`, and the transformer's in the block; 0 in the middle.
        public let block, index: Int

        /// The transformer number `index` of block number `block`.
        public init(_ part: TransformerPlace.Part, block: Int = 0, index: Int = 0) {
            self.part = part
            self.block = block
            self.index = index
        }
    }

    private let general: Double
    private let places: [Place: Double]

    /// The same everywhere; 1 as the adapter was trained, 0 none of it.
    public static func uniform(_ scale: Double) -> ImagePromptScale { ImagePromptScale(general: scale, places: [:]) }

    /// The given scales at `places`, and none of it elsewhere.
    public static func at(_ places: [Place: Double]) -> ImagePromptScale {
        ImagePromptScale(general: 0, places: places)
    }

    /// The scale of a transformer.
    func callAsFunction(_ place: TransformerPlace) -> Double {
        places[Place(place.part, block: place.block, index: place.index)] ?? general
    }
}
