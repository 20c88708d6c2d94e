import Daguerre
import DaguerreImaging
import DaguerreJobs
import DaguerrePixels

/// Reads the pictures that requests name by their digests.
struct Uploads: Sendable {
    let blobs: any BlobStore
    let limits: ImageLimits
    /// Where pictures are decoded: not on the cooperative pool.
    let thread: ComputeThread

    /// The upload `digest`, which `field` of the request names, as the file has it.
    ///
    /// - Throws: ``JobFailure`` naming the field if the upload is gone or no picture within the limits.
    func image(_ digest: BlobDigest, _ field: String) async throws -> Image {
        guard let bytes = try await blobs.read(digest, range: nil) else {
            throw RequestError(
                field, found: "an upload that is not kept any longer", expected: "one that is there; upload it again")
        }
        do {
            return try await thread.run { [limits] _ in try ImageFile.decode(bytes, limits: limits).image }
        } catch let error as ImagingError {
            throw JobFailure(error.isOfInput ? .invalidRequest : JobFailure(error).code, "\(field): \(error)")
        }
    }
}
