package import DaguerreImaging
package import DaguerreSampling

extension Infotext {
    /// Whether this program wrote it.
    package var isOurs: Bool { self[.version]?.hasPrefix(Self.program) == true }

    /// What ``Name/version`` begins with in our pictures.
    static let program = "daguerre"
}

extension RandomSource {
    /// What a picture's text says of random numbers; nil where another program leaves it open.
    package init?(_ info: Infotext) {
        switch info[.randomSource] {
        case Self.torch.infotextName: self = .torch
        case nil where !info.isOurs: return nil
        default: self = .philox
        }
    }

    /// The web UI's names of the same two generators: on a GPU's, it says NV for the one that runs anywhere.
    var infotextName: String { self == .philox ? "NV" : "CPU" }
}
