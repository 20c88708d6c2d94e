import Daguerre
import DaguerreAdapters
import DaguerreCheckpoints
import DaguerreImaging
import DaguerreJobs
import DaguerreModels
import DaguerrePipelines
import DaguerrePixels
import DaguerreSampling
import DaguerreTokenizers

extension JobFailure: Error {}

extension JobFailure {
    /// What whoever asked for a job is told of `error`: which kind of failure, and the error's own line.
    ///
    /// Errors of the engine name files by their base names and settings by the names that requests have.
    init(_ error: any Error) {
        switch error {
        case let failure as JobFailure: self = failure
        case let error as RequestError: self.init(.invalidRequest, error.message)
        case let error as EngineError: self.init(.outOfMemory, "\(error)")
        case let error as BackendError: self.init(Self.code(of: error), "\(error)")
        case let error as PipelineError: self.init(Self.code(of: error), "\(error)")
        case let error as SamplingError: self.init(.invalidRequest, "\(error)")
        case let error as TokenizerError: self.init(.invalidRequest, "\(error)")
        case let error as PixelsError: self.init(.invalidRequest, "\(error)")
        case let error as AdapterError: self.init(.invalidRequest, "\(error)")
        case let error as ImagingError:
            self.init(
                error == .outOfMemory ? .outOfMemory : error.isOfInput ? .invalidRequest : .internalError, "\(error)")
        case ModelError.notFinite(let model, let picture):
            self.init(.safetyUnavailable, "\(ModelError.notFinite(model: model, picture: picture))")
        case let error as ModelError: self.init(.modelUnavailable, "\(error)")
        case let error as CheckpointError: self.init(.modelUnavailable, "\(error)")
        default: self.init(.internalError, "the worker came upon an error that it does not know; its log says more")
        }
    }

    /// Whether the error says more than the failure tells, for the worker's own log.
    var isUnexpected: Bool { code == .internalError }

    private static func code(of error: BackendError) -> Code {
        switch error {
        case .outOfMemory: .outOfMemory
        case .notFinite: .numericallyFailed
        case .foreignStorage, .unsupportedElementType, .vendor: .internalError
        }
    }

    private static func code(of error: PipelineError) -> Code {
        switch error {
        case .invalid: .invalidRequest
        case .notFinite, .undecodable, .unencodable: .numericallyFailed
        }
    }
}
