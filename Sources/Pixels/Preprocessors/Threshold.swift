extension Image {
    /// White where every colour is above `threshold`, else black, in greys.
    func thresholded(above threshold: Double) -> Image {
        let count = channels.count
        return mapPixels(to: .grey) { i, target in
            let isBright = pixels[i * count..<(i + 1) * count].allSatisfy { Double($0) > threshold }
            target.append(isBright ? 255 : 0)
        }
    }
}
