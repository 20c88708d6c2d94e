package import DaguerreImaging
package import DaguerreSampling

extension FreshNoise {
    /// What a picture's text says of fresh noise; nil if nothing.
    ///
    /// - Throws: `ImagingError` naming a setting that cannot be read.
    package init?(_ info: Infotext) throws {
        let eta = try info.number(.eta)
        let churn = try info.number(.sigmaChurn)
        let scale = try info.number(.sigmaNoise)
        let (minimum, maximum) = (try info.number(.sigmaMinimum), try info.number(.sigmaMaximum))
        guard eta != nil || churn != nil || scale != nil || minimum != nil || maximum != nil else { return nil }
        self.init()
        self.eta = eta
        self.churn = churn ?? self.churn
        self.scale = scale ?? self.scale
        minimumSigma = minimum ?? minimumSigma
        maximumSigma = maximum ?? maximumSigma
    }

    /// What a picture's text says of it: what is not as usual.
    var infotextFields: [Infotext.Field] {
        let usual = FreshNoise()
        let numbers: [(name: Infotext.Name, value: Double, preset: Double)] = [
            (.sigmaChurn, churn, usual.churn), (.sigmaMinimum, minimumSigma, usual.minimumSigma),
            (.sigmaMaximum, maximumSigma, usual.maximumSigma), (.sigmaNoise, scale, usual.scale),
        ]
        return [eta.map { Infotext.Field(.eta, plain($0)) }].compactMap(\.self)
            + numbers.filter { $0.value != $0.preset }.map { .init($0.name, plain($0.value)) }
    }
}
