package import DaguerreImaging
import DaguerrePipelines
import DaguerreSampling

extension HiresRequest {
    /// What a picture's text says of a second pass; nil if there was none.
    ///
    /// - Throws: `ImagingError` naming a setting that cannot be read.
    package init?(_ info: Infotext) throws {
        let size = try info.size(.hiresResize).map { Size.pixels(PixelSize(width: $0.width, height: $0.height)) }
        guard let size = try size ?? info.number(.hiresUpscale, in: 1...16).map(Size.scale) else { return nil }
        self.init(size)
        if let name = info[.hiresUpscaler] {
            guard let upscaler = HiresUpscaler(infotextName: name) else {
                throw ImagingError.infotextField(
                    name: Infotext.Name.hiresUpscaler.rawValue, value: name,
                    expected: "one of " + HiresUpscaler.allCases.map(\.infotextName).joined(separator: ", "))
            }
            enlargement = upscaler.enlargement
        }
        steps = try info.integer(.hiresSteps, in: 0...1000).flatMap { $0 > 0 ? $0 : nil }
        let strength = try info.number(.hiresStrength, in: 0...1)
        if let strength = try strength ?? info.number(.denoisingStrength, in: 0...1) { self.strength = strength }
        sampler = info[.hiresSampler]
        schedule = info[.hiresScheduleType]
    }

    /// What a picture's text says of `pass`, which a request for this was resolved to.
    ///
    /// Its strength is left to the picture's own where the first pass begins with noise alone.
    func infotextFields(of pass: HiresPass, afterPicture: Bool) -> [Infotext.Field] {
        var fields: [Infotext.Field] = []
        switch size {
        case .scale(let scale): fields.append(.init(.hiresUpscale, plain(scale)))
        case .pixels: fields.append(.init(.hiresResize, "\(pass.size.width)x\(pass.size.height)"))
        }
        if afterPicture { fields.append(.init(.hiresStrength, plain(pass.strength))) }
        if let steps = pass.steps { fields.append(.init(.hiresSteps, "\(steps)")) }
        if let upscaler = HiresUpscaler(pass.enlargement) {
            fields.append(.init(.hiresUpscaler, upscaler.infotextName))
        }
        if let sampler = pass.sampler {
            fields.append(.init(.hiresSampler, sampler.samplerName.infotextName))
            if let schedule = sampler.scheduleName {
                fields.append(.init(.hiresScheduleType, schedule.infotextName))
            }
        }
        return fields
    }
}
