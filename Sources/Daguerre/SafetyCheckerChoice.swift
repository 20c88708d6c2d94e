import DaguerreCheckpoints
import DaguerreModels
import DaguerreTensors

/// Which safety checker looks at what is drawn.
public enum SafetyCheckerChoice: Equatable, Sendable {
    /// None.
    case off
    /// That of the model's folder, if it has one.
    case automatic
    /// The folder at a path, laid out as a model's `safety_checker`, or a safetensors file with its weights.
    case path(String)
}

extension SafetyCheckerChoice {
    /// Builds the checker for `model` on `backend`; nil where there is none.
    ///
    /// - Throws: `CheckpointError`, `ModelError` if there is one that cannot be used.
    func checker(of model: some ModelFiles, on backend: any Backend) throws -> SafetyChecker? {
        let component = "safety_checker"
        switch self {
        case .off: return nil
        case .automatic:
            guard try model.bytes(component + "/config.json") != nil else { return nil }
            return try VisionSource<SafetyCheckerConfiguration>(
                model, component: component, preparation: "feature_extractor"
            ).checker(on: backend)
        case .path(let path): return try VisionSource<SafetyCheckerConfiguration>(path: path).checker(on: backend)
        }
    }
}
