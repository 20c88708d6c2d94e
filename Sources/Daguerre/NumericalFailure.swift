import DaguerreModels
import DaguerrePipelines
import DaguerreTensors

/// Whether a request ended since numbers became NaN or infinite: in the denoiser, in the autoencoder, or in the safety
/// checker, none of whose pictures is handed out then.
///
/// So a caller can tell a picture that was not cleared since nobody could judge it from one that was judged and flagged.
public func isNumericalFailure(_ error: any Error) -> Bool {
    switch error {
    case PipelineError.notFinite, PipelineError.undecodable, PipelineError.unencodable: true
    case ModelError.notFinite, BackendError.notFinite: true
    default: false
    }
}
