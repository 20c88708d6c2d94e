import DaguerreImaging
import DaguerreModels
import DaguerrePipelines

extension ControlRequest {
    /// What a picture's text says of the network at `index`.
    func infotextField(_ index: Int) -> Infotext.Field {
        .init(
            Infotext.controlNetName(index),
            parts: [
                .init("Model", model.name), .init("Weight", plain(weight)), .init("Guidance Start", plain(start)),
                .init("Guidance End", plain(end)), .init("Control Mode", mode.rawValue),
            ])
    }
}
