import Daguerre
import DaguerreRegistry

extension ModelDescription {
    /// What kind of model lies at `path`, or in the executable where it is nil; nil for what is no whole model.
    static func reading(_ kind: ModelKind, _ path: String?) -> ModelDescription? {
        guard kind == .checkpoint else { return nil }
        guard let path else {
            let inspection = ModelInspection.builtin()
            return ModelDescription(
                family: inspection.family, digest: inspection.digest,
                byteCount: inspection.components.reduce(0) { $0 + $1.byteCount })
        }
        do {
            return ModelDescription(family: try ModelInspection(at: path).family)
        } catch {
            // It stays in the list, and whoever asks for it hears what is wrong with it.
            return nil
        }
    }
}
