import DaguerreJobs
import DaguerrePixels

/// The pictures of a request to `/v1/images/edits`.
struct OpenAIEdit: Sendable {
    /// The file to change.
    let image: [UInt8]
    /// A file that is transparent where the picture is to change.
    let mask: [UInt8]?
    /// How much may change, from 0 to 1; see ``init(_:strength:)``.
    let strength: Double
    /// Pictures beside the first, for which Stable Diffusion has no use.
    let hasMore: Bool

    /// Takes the pictures out of `form`.
    ///
    /// - Parameter strength: all of what a mask covers, and three quarters of a whole picture, where nil.
    init(_ form: MultipartForm, strength: Double?) throws(RequestError) {
        let images = form.parts.filter { ["image", "image[]"].contains($0.name) && !$0.bytes.isEmpty }
        guard let first = images.first else {
            throw RequestError("image", found: "no file", expected: "a picture as a file of the form")
        }
        image = first.bytes
        hasMore = images.count > 1
        mask = form.parts.first { $0.name == "mask" && !$0.bytes.isEmpty }?.bytes
        self.strength = strength ?? (mask == nil ? 0.75 : 1)
    }

    /// The fields of `form` that are no files.
    static func fields(of form: MultipartForm) -> [String: JSONValue] {
        var fields: [String: JSONValue] = [:]
        for part in form.parts where !["image", "image[]", "mask"].contains(part.name) {
            fields[part.name] = .text(String(decoding: part.bytes, as: UTF8.self))
        }
        return fields
    }

    /// Writes the pictures into `wanted`, whose size is the first one's where it asks for none.
    func apply(
        to wanted: inout OpenAIImageRequest, _ core: CompatibleCore, _ intake: PictureIntake
    ) async throws {
        let picture = try await intake.keep(image, field: "image")
        wanted.request.image = JobRequest.StartImage(picture.digest)
        wanted.request.image?.strength = strength
        wanted.request.image?.resizeMode = .crop
        if wanted.request.width == nil, let size = core.service.limits.drawableSize(of: picture) {
            (wanted.request.width, wanted.request.height) = size
        }
        if hasMore { wanted.ignored.append("image[1]") }
        guard let mask else { return }
        let prepared = try await intake.mask(
            mask, field: "mask", meaning: .transparentChanges, width: picture.width, height: picture.height)
        wanted.request.mask = JobRequest.Mask(try await intake.keep(prepared, field: "mask").digest)
    }
}
