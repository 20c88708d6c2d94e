extension Image {
    /// A mask whose edge runs out softly over about `sigma` pixels each way.
    ///
    /// A Gaussian bell of standard deviation `sigma`, cut off `⌊2.5 · sigma + 1/2⌋` pixels from its centre; columns are
    /// rounded to 8 bits before rows. This is what the web UI's "mask blur" stands for.
    public func maskBlurred(by sigma: Double) -> Image {
        guard sigma > 0, sigma.isFinite else { return self }
        // A bell wider than the picture is flat: the bound keeps the kernel within reason.
        let sigma = min(sigma, Double(max(width, height)))
        let radius = Int(2.5 * sigma + 0.5)
        return gaussianBlurred(sigmaX: sigma, radiusX: radius, sigmaY: 0, radiusY: 0)
            .gaussianBlurred(sigmaX: 0, radiusX: 0, sigmaY: sigma, radiusY: radius)
    }
}
