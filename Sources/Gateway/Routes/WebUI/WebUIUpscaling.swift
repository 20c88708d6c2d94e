import DaguerreJobs
import DaguerrePixels

/// What `/extra-single-image` and `/extra-batch-images` ask for: pictures made larger by resampling.
struct WebUIUpscaling: Sendable {
    /// How large.
    enum Size: Equatable, Sendable {
        /// So many times each side.
        case scale(Double)
        /// So many pixels: what keeps the proportions and covers them, cut off to fit or not.
        case pixels(width: Int, height: Int, isCropped: Bool)
    }

    let size: Size
    /// How; nil leaves pictures as they are.
    let filter: ResamplingFilter?
    /// A second filter, whose result is mixed with the first one's, and how much of it there is, from 0 to 1.
    let second: (filter: ResamplingFilter, visibility: Double)?

    /// The names of filters in lists and requests.
    static let names = ["None"] + filters.map(\.name)

    private static let filters: [(name: String, filter: ResamplingFilter)] = [
        ("Lanczos", .lanczos), ("Nearest", .nearest), ("Bicubic", .bicubic), ("Bilinear", .bilinear), ("Box", .box),
    ]

    /// Reads the fields that both routes share.
    ///
    /// - Throws: ``DaguerreJobs/RequestError`` for a name that is not in the list, as the web UI fails then.
    init(_ fields: inout LooseFields) throws(RequestError) {
        let mode = try fields.integer("resize_mode", in: 0...1) ?? 0
        let scale = try fields.number("upscaling_resize", in: 0.05...16) ?? 2
        let width = try fields.integer("upscaling_resize_w", in: 1...16384) ?? 512
        let height = try fields.integer("upscaling_resize_h", in: 1...16384) ?? 512
        let isCropped = try fields.flag("upscaling_crop") ?? true
        size = mode == 0 ? .scale(scale) : .pixels(width: width, height: height, isCropped: isCropped)
        filter = try Self.filter("upscaler_1", &fields)
        let other = try Self.filter("upscaler_2", &fields)
        let visibility = try fields.number("extras_upscaler_2_visibility", in: 0...1) ?? 0
        second = other.flatMap { visibility > 0 ? ($0, visibility) : nil }
        fields.drop("show_extras_results", "codeformer_weight", "upscale_first")
        fields.dropDefaults(["gfpgan_visibility": [0, 0.0], "codeformer_visibility": [0, 0.0]])
    }

    private static func filter(_ field: String, _ fields: inout LooseFields) throws(RequestError) -> ResamplingFilter? {
        guard let name = try fields.text(field), !isNone(name) else { return nil }
        guard let known = filters.first(where: { $0.name.lowercased() == name.lowercased() }) else {
            throw fields.wrong(field, .text(name), "one of: " + names.joined(separator: ", "))
        }
        return known.filter
    }

    /// The size that a picture of `width × height` gets, before and after what is cut off.
    ///
    /// - Throws: ``DaguerreJobs/RequestError`` where it has more than `side` pixels on a side or `pixelCount` in all.
    func sizes(
        width: Int, height: Int, side: Int, pixelCount: Int
    ) throws(RequestError) -> (full: (width: Int, height: Int), window: (width: Int, height: Int)) {
        let (across, down) = (Double(width), Double(height))
        let full: (Double, Double)
        var window: (width: Int, height: Int)?
        switch size {
        case .scale(let scale): full = ((across * scale).rounded(.down), (down * scale).rounded(.down))
        case .pixels(let width, let height, let isCropped):
            let scale = max(Double(width) / across, Double(height) / down)
            full = ((across * scale).rounded(), (down * scale).rounded())
            if isCropped { window = (width, height) }
        }
        guard full.0 <= Double(side), full.1 <= Double(side), full.0 * full.1 <= Double(pixelCount) else {
            throw RequestError(
                "upscaling_resize", found: "a size of \(full.0)×\(full.1)",
                expected: "at most \(side) pixels a side and \(pixelCount) in all")
        }
        let whole = (width: max(Int(full.0), 1), height: max(Int(full.1), 1))
        return (
            whole, (min(window?.width ?? whole.width, whole.width), min(window?.height ?? whole.height, whole.height))
        )
    }

    /// `image` made larger, as it is where no filter is named.
    func applied(
        to image: Image, full: (width: Int, height: Int), window: (width: Int, height: Int)
    ) -> Image {
        guard let filter else { return image }
        func resized(_ filter: ResamplingFilter) -> Image {
            image.resized(width: full.width, height: full.height, filter: filter)
        }
        var result = resized(filter)
        if let second {
            let cover = Image(
                width: full.width, height: full.height, channels: .grey,
                filledWith: [UInt8((second.visibility * 255).rounded())])
            result = resized(second.filter).composited(over: result, mask: cover)
        }
        guard window != full else { return result }
        return result.cropped(
            to: Region(
                x: (full.width - window.width) / 2, y: (full.height - window.height) / 2, width: window.width,
                height: window.height))
    }
}
