import Daguerre
import DaguerreImaging
import DaguerreJobs
import DaguerrePixels

/// Makes the small pictures that show how a drawing stands, as far as the safety policy lets anything be seen before the
/// verdict.
struct PreviewMaking: Sendable {
    private let action: SafetyPolicy.Action
    private let side: Int
    private static let quality = 80

    /// Nil where none may be seen: under a policy that withholds pictures nothing leaves before the verdict.
    init?(_ settings: EngineSettings) {
        guard settings.safety.action != .block else { return nil }
        action = settings.safety.action
        side = min(max(settings.previewSide, 8), 1024)
    }

    /// A file of `picture`, whose longer side is as long as previews are: what has been decoded is not made smaller for it.
    ///
    /// - Throws: `ImagingError`.
    func callAsFunction(_ picture: Image) throws -> JobProgress.Preview {
        let longer = max(picture.width, picture.height)
        let side = max(side, min(longer, 2 * side))
        let enlarged = picture.resized(
            width: max(picture.width * side / longer, 1), height: max(picture.height * side / longer, 1),
            filter: .bilinear)
        let shown = action == .blur ? enlarged.beyondRecognition : enlarged
        return JobProgress.Preview(
            mediaType: "image/jpeg", bytes: try ImageFile.encode(shown, as: .jpeg, quality: Self.quality),
            width: shown.width, height: shown.height)
    }
}
