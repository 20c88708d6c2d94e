import DaguerreCheckpoints
import DaguerreModels
import DaguerreTensors

/// Which safety checker looks at what is drawn.
public enum SafetyCheckerChoice: Equatable, Sendable {
    /// None.
    case off
    /// That of the model's folder, if it has one.
    case automatic
    /// The folder at a path, laid out as a model's `safety_checker`.
    case folder(String)
}

extension SafetyCheckerChoice {
    /// Builds the checker for `model` on `backend`; nil where there is none.
    ///
    /// - Throws: `CheckpointError`, `ModelError` if there is one that cannot be used.
    func checker(
        of model: any ModelFiles, _ options: EngineOptions, on backend: any Backend
    ) throws -> SafetyChecker? {
        let folder: NetworkFolder
        switch self {
        case .off: return nil
        case .automatic:
            folder = NetworkFolder(model, "safety_checker")
            guard try model.bytes("safety_checker/config.json") != nil else { return nil }
        case .folder(let path): folder = try NetworkFolder(at: path, options)
        }
        let configuration = try folder.configuration(SafetyCheckerConfiguration.self)
        return try folder.build(on: backend) {
            try SafetyChecker(configuration, preparation: folder.preparation(), from: $0)
        }
    }
}
