import DaguerreImaging
import DaguerrePixels
import NIOPosix

/// Looks at pictures that clients send, a few at a time: what they decode to may be many times as large as they are.
struct ImageIntake: Sendable {
    /// At most so many pictures are decoded at once, each in at most 16 megapixels.
    private static let concurrentDecodes = 2

    private let threads = NIOThreadPool(numberOfThreads: concurrentDecodes)

    /// Without threads until there is a picture.
    init() {}

    /// What kind of picture `bytes` are and how large, once all of it has been decoded.
    ///
    /// - Throws: ``ImagingError``; sizes are looked at before memory is taken.
    func inspect(_ bytes: [UInt8]) async throws -> (mediaType: String, width: Int, height: Int) {
        // Starts what has not been started.
        threads.start()
        return try await threads.runIfActive {
            let contents = try ImageFile.decode(bytes)
            return ("image/" + contents.format.rawValue, contents.image.width, contents.image.height)
        }
    }
}
