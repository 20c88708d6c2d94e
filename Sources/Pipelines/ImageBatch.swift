/// Images that are drawn at once, of one request or of several.
///
/// A request of which an image fails leaves with all its images; the others go on as if it had never been there.
struct ImageBatch {
    /// Those that go on, the images of each request behind one another.
    private(set) var images: [DenoisingImage] = []
    /// Requests that have left since this was last taken, and why.
    private var failures: [(request: Int, error: any Error)] = []

    /// The requests that go on, with their images' numbers, which follow one another.
    var requests: [(number: Int, images: Range<Int>)] {
        var requests: [(number: Int, images: Range<Int>)] = []
        for image in images {
            if let last = requests.last, last.number == image.request {
                requests[requests.count - 1].images = last.images.lowerBound..<image.index + 1
            } else {
                requests.append((image.request, image.index..<image.index + 1))
            }
        }
        return requests
    }

    /// Adds what `begin` makes, an image of `request`, which fails if that throws.
    mutating func add(of request: Int, _ begin: () throws -> DenoisingImage) {
        guard !failures.contains(where: { $0.request == request }) else { return }
        do { images.append(try begin()) } catch { fail(request, error) }
    }

    /// Does `body` to every image, given its place; a request fails if it throws for one of its images.
    mutating func each(_ body: (_ place: Int, inout DenoisingImage) throws -> Void) {
        var failed: [(request: Int, error: any Error)] = []
        for place in images.indices where !failed.contains(where: { $0.request == images[place].request }) {
            do { try body(place, &images[place]) } catch { failed.append((images[place].request, error)) }
        }
        for (request, error) in failed { fail(request, error) }
    }

    /// Takes the images of `request` out, since it has failed.
    mutating func fail(_ request: Int, _ error: any Error) {
        images.removeAll { $0.request == request }
        failures.append((request, error))
    }

    /// Requests that have left since the last call, and why.
    mutating func takeFailures() -> [(request: Int, error: any Error)] {
        defer { failures = [] }
        return failures
    }
}
