package import DaguerreImaging
package import DaguerrePipelines

extension PromptOptions.Emphasis {
    /// What a picture's text says of emphasis; nil if nothing that is known.
    package init?(_ info: Infotext) {
        let name = info[.emphasis]?.lowercased()
        guard let known = Self.allCases.first(where: { $0.infotextName.lowercased() == name }) else { return nil }
        self = known
    }

    /// AUTOMATIC1111's name, as it writes it into pictures.
    var infotextName: String {
        switch self {
        case .original: "Original"
        case .noNorm: "No norm"
        case .ignore: "Ignore"
        case .none: "None"
        }
    }
}
