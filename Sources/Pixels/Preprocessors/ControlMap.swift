/// What a ControlNet is shown, in the size of the picture to draw.
public struct ControlMap: Equatable, Sendable {
    /// The map to look at.
    public let image: Image
    /// Pixels that are left open, true where they are; nil where none can be.
    public let isOpen: [Bool]?

    /// Red, green and blue of each pixel from 0 to 1, row by row; -1 where a pixel is left open.
    ///
    /// Source: diffusers 0.42.1 `StableDiffusionControlNetInpaintPipeline`'s example `make_inpaint_condition`.
    public var values: [Float] {
        let rgb = image.converted(to: .rgb).pixels
        return rgb.indices.map { i in isOpen?[i / 3] == true ? -1 : Float(rgb[i]) / 255 }
    }

    /// Makes a map of a picture, open where `mask`, of its size, covers by more than half.
    public init(_ image: Image, openWhere mask: Image? = nil) {
        self.image = image
        isOpen = mask?.converted(to: .grey).pixels.map { $0 > 127 }
    }
}

extension Preprocessor {
    /// Makes the map of `image` for a picture of `width × height` pixels.
    ///
    /// Alpha is dropped. The picture is brought to that size first, or, with a resolution, the map is afterwards.
    ///
    /// - Parameters:
    ///   - mask: what is to be drawn, of the image's size; needed by ``inpaintOnly`` only.
    ///   - mode: how a picture of other proportions is brought to the size.
    /// - Throws: ``PixelsError`` naming the setting that is out of range, or the mask that is missing or of another size.
    public func map(
        of image: Image, mask: Image? = nil, width: Int, height: Int, mode: ResizeMode = .crop,
        settings: PreprocessorSettings = PreprocessorSettings()
    ) throws(PixelsError) -> ControlMap {
        let thresholds = try thresholds(of: settings)
        let resolution = try resolution(of: settings)
        if let mask, mask.width != image.width || mask.height != image.height {
            throw .maskSize(
                width: mask.width, height: mask.height, expectedWidth: image.width, expectedHeight: image.height)
        }
        guard self != .inpaintOnly || mask != nil else { throw .maskMissing(preprocessor: rawValue) }
        let picture = image.converted(to: .rgb)
        guard let resolution, self != .inpaintOnly else {
            let open = self == .inpaintOnly ? mask : nil
            return ControlMap(
                applied(to: picture.fitted(width, height, mode), thresholds),
                openWhere: open?.converted(to: .grey).fitted(width, height, mode))
        }
        let map = applied(to: picture.withShorterSide(resolution), thresholds)
        let fitted = map.fitted(width, height, mode)
        // A line one pixel wide must survive that it covers but a part of a smaller picture's pixel.
        return ControlMap(isBinary ? fitted.converted(to: .grey).thresholded(above: 63) : fitted)
    }

    /// The map of `picture`, which is RGB, in its size.
    private func applied(to picture: Image, _ thresholds: (a: Double, b: Double)) -> Image {
        switch self {
        case .none, .inpaintOnly: picture
        case .canny: picture.cannyEdges(low: thresholds.a, high: thresholds.b)
        case .invert: picture.inverted
        case .threshold: picture.thresholded(above: thresholds.a)
        case .blurGaussian: picture.gaussianBlurred(sigma: thresholds.a)
        case .tileResample: picture.reduced(by: thresholds.a)
        case .recolorLuminance: picture.lightness.raised(to: thresholds.a)
        case .recolorIntensity: picture.brightest.raised(to: thresholds.a)
        case .scribbleXDoG: picture.scribbled(threshold: thresholds.a)
        case .depth: picture.converted(to: .grey)
        }
    }
}

extension Image {
    /// The picture brought to a size: means where it becomes smaller, a sharp filter where larger.
    fileprivate func fitted(_ width: Int, _ height: Int, _ mode: ResizeMode) -> Image {
        resized(width: width, height: height, mode: mode, filter: filter(isSmaller: width * height < pixelCount))
    }

    /// The picture with `count` pixels on its shorter side.
    fileprivate func withShorterSide(_ count: Int) -> Image {
        let shorter = min(width, height)
        func scaled(_ side: Int) -> Int {
            // A picture as long and thin as a thread must not become one of millions of pixels.
            min(max((side * count + shorter / 2) / shorter, 1), 8192)
        }
        return resized(width: scaled(width), height: scaled(height), filter: filter(isSmaller: count < shorter))
    }

    /// The picture `factor ≥ 1` times smaller.
    fileprivate func reduced(by factor: Double) -> Image {
        func scaled(_ side: Int) -> Int { max(Int((Double(side) / factor).rounded()), 1) }
        return resized(width: scaled(width), height: scaled(height), filter: .box)
            .resized(width: width, height: height, filter: .lanczos)
    }

    private func filter(isSmaller: Bool) -> ResamplingFilter { isSmaller ? .box : .lanczos }
}
