public import DaguerrePixels
public import DaguerreTensors

/// `preprocessor_config.json`: how a picture is brought to the size and range that a CLIP vision encoder was trained on.
///
/// The shorter side is brought to `size` pixels, the middle is cut out, and each channel is shifted and scaled. Equals
/// transformers' to the bit. Source: transformers 5.23 `CLIPImageProcessorPil`, whose field names and defaults these
/// are.
public struct CLIPImagePreparation: Decodable, Equatable, Sendable {
    /// What the picture's size becomes; nil leaves it.
    let size: Size?
    /// What is cut out of the middle; nil takes all.
    let crop: Extent?
    let filter: ResamplingFilter
    /// What bytes are multiplied with; nil leaves them.
    let scale: Double?
    /// What is subtracted from red, green and blue, and what they are then divided by; nil leaves them.
    let normalization: Normalization?

    /// The size that a picture is brought to.
    enum Size: Equatable {
        case shorterSide(Int)
        case exactly(Extent)
    }

    struct Extent: Equatable {
        let height, width: Int
    }

    struct Normalization: Equatable {
        let mean, deviation: [Float]
    }

    private enum Key: String, CodingKey {
        case size, crop = "crop_size", resample, rescaleFactor = "rescale_factor", mean = "image_mean"
        case deviation = "image_std", resizes = "do_resize", crops = "do_center_crop", rescales = "do_rescale"
        case normalizes = "do_normalize"
    }

    /// That of every CLIP model that Stable Diffusion and its IP-Adapters use, for `side` pixels: 224.
    ///
    /// Source: transformers `OPENAI_CLIP_MEAN`, `OPENAI_CLIP_STD`.
    public init(side: Int = 224) {
        size = .shorterSide(side)
        crop = Extent(height: side, width: side)
        filter = .bicubic
        scale = 1 / 255.0
        normalization = Normalization(mean: Self.mean, deviation: Self.deviation)
    }

    private static let mean: [Float] = [0.48145466, 0.4578275, 0.40821073]
    private static let deviation: [Float] = [0.26862954, 0.26130258, 0.27577711]

    /// Reads and checks every field.
    ///
    /// - Throws: `DecodingError` naming a field of the wrong type; ``ModelError`` naming one that cannot be used.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let check = ConfigurationCheck(file: "preprocessor_config.json")
        func isOn(_ key: Key) throws -> Bool { try fields.decodeIfPresent(Bool.self, forKey: key) ?? true }

        let size = try fields.decodeIfPresent(SizeField.self, forKey: .size) ?? .side(224)
        let crop = try fields.decodeIfPresent(SizeField.self, forKey: .crop) ?? .side(224)
        for (field, value) in [("size", size), ("crop_size", crop)] {
            for count in value.numbers {
                try check.require(field, count, "a number from 1 to 4096", (1...4096).contains(count))
            }
        }
        try check.support("crop_size", "shortest_edge", "height and width", crop != .shorterSide(crop.numbers[0]))
        self.size = try isOn(.resizes) ? size.size : nil
        self.crop = try isOn(.crops) ? crop.extent : nil

        // Pillow's numbers.
        let filters: [Int: ResamplingFilter] = [0: .nearest, 1: .lanczos, 2: .bilinear, 3: .bicubic, 4: .box]
        let number = try fields.decodeIfPresent(Int.self, forKey: .resample) ?? 3
        try check.support("resample", number, "0, 1, 2, 3, 4", filters[number] != nil)
        filter = filters[number] ?? .bicubic

        let factor = try fields.decodeIfPresent(Double.self, forKey: .rescaleFactor) ?? 1 / 255.0
        scale = try isOn(.rescales) ? factor : nil
        let mean = try fields.decodeIfPresent([Float].self, forKey: .mean) ?? Self.mean
        let deviation = try fields.decodeIfPresent([Float].self, forKey: .deviation) ?? Self.deviation
        try check.require("image_mean", mean, "3 numbers", mean.count == 3)
        try check.require(
            "image_std", deviation, "3 numbers above 0", deviation.count == 3 && deviation.allSatisfy { $0 > 0 })
        normalization = try isOn(.normalizes) ? Normalization(mean: mean, deviation: deviation) : nil
    }

    /// Whether every picture comes out as a square of `side` pixels, as an encoder wants it.
    public func makesSquares(of side: Int) -> Bool {
        let square = Extent(height: side, width: side)
        return crop == square || crop == nil && size == .exactly(square)
    }

    /// `[1, H, W, 3]`, float32: transparency is dropped, greys are repeated.
    public func callAsFunction(_ image: Image) -> HostTensor {
        let picture = resized(image.converted(to: .rgb))
        let (height, width) = (crop?.height ?? picture.height, crop?.width ?? picture.width)
        // Where the picture is smaller than what is cut out, it lies in black, a pixel further down and right if uneven.
        let (top, left) = (Self.offset(picture.height, height), Self.offset(picture.width, width))
        var values: [Float] = []
        values.reserveCapacity(height * width * 3)
        for y in top..<top + height {
            for x in left..<left + width {
                let isInside = (0..<picture.height).contains(y) && (0..<picture.width).contains(x)
                let start = isInside ? (y * picture.width + x) * 3 : 0
                for c in 0..<3 { values.append(value(of: isInside ? picture.pixels[start + c] : 0, channel: c)) }
            }
        }
        return HostTensor(values, shape: [1, height, width, 3])
    }

    /// Where a window of `crop` pixels in the middle of `count` starts; negative if it is larger.
    private static func offset(_ count: Int, _ crop: Int) -> Int {
        count >= crop ? (count - crop) / 2 : -((crop - count + 1) / 2)
    }

    private func value(of byte: UInt8, channel: Int) -> Float {
        let value = scale.map { Float(Double(byte) * $0) } ?? Float(byte)
        guard let normalization else { return value }
        return (value - normalization.mean[channel]) / normalization.deviation[channel]
    }

    private func resized(_ image: Image) -> Image {
        switch size {
        case nil: return image
        case .exactly(let extent): return image.resized(width: extent.width, height: extent.height, filter: filter)
        case .shorterSide(let side):
            let image = withoutFarEnds(image)
            let (short, long) = (min(image.width, image.height), max(image.width, image.height))
            let length = side * long / short
            return image.width <= image.height
                ? image.resized(width: side, height: length, filter: filter)
                : image.resized(width: length, height: side, filter: filter)
        }
    }

    /// The middle of a picture that is more than thirty times as long as wide, of which a square is all that is wanted.
    ///
    /// So that a picture of one pixel's width is not enlarged to millions of pixels.
    private func withoutFarEnds(_ image: Image) -> Image {
        guard crop != nil else { return image }
        let most = 32
        let width = min(image.width, image.height * most)
        let height = min(image.height, image.width * most)
        guard width < image.width || height < image.height else { return image }
        let (left, top) = ((image.width - width) / 2, (image.height - height) / 2)
        let pixels = (top..<top + height).flatMap { y in
            let start = (y * image.width + left) * image.channels.count
            return image.pixels[start..<start + width * image.channels.count]
        }
        return Image(width: width, height: height, channels: image.channels, pixels: pixels)
    }
}

/// A size as preprocessor configurations write it: a number, a shorter side, or height and width.
private enum SizeField: Decodable, Equatable {
    case side(Int)
    case shorterSide(Int)
    case both(height: Int, width: Int)

    private enum Key: String, CodingKey { case shortestEdge = "shortest_edge", height, width }

    init(from decoder: any Decoder) throws {
        if let side = try? decoder.singleValueContainer().decode(Int.self) {
            self = .side(side)
            return
        }
        let fields = try decoder.container(keyedBy: Key.self)
        if let side = try fields.decodeIfPresent(Int.self, forKey: .shortestEdge) {
            self = .shorterSide(side)
        } else {
            self = .both(
                height: try fields.decode(Int.self, forKey: .height),
                width: try fields.decode(Int.self, forKey: .width))
        }
    }

    var numbers: [Int] {
        switch self {
        case .side(let side), .shorterSide(let side): [side]
        case .both(let height, let width): [height, width]
        }
    }

    /// What it means as the size that a picture is brought to: a number is the shorter side.
    var size: CLIPImagePreparation.Size {
        switch self {
        case .side(let side), .shorterSide(let side): .shorterSide(side)
        case .both(let height, let width): .exactly(.init(height: height, width: width))
        }
    }

    /// What it means as what is cut out: a number is a square.
    var extent: CLIPImagePreparation.Extent {
        switch self {
        case .side(let side), .shorterSide(let side): .init(height: side, width: side)
        case .both(let height, let width): .init(height: height, width: width)
        }
    }
}

extension CLIPImagePreparation {
    /// - Throws: ``ModelError`` unless every picture comes out as a square of `side` pixels, as an encoder wants it.
    func requireSquares(of side: Int) throws(ModelError) {
        try ConfigurationCheck(file: "preprocessor_config.json").require(
            "crop_size", crop.map { "\($0.height) × \($0.width)" } ?? "off",
            "\(side) × \(side), as the vision encoder has", makesSquares(of: side))
    }
}
