/// Settings as what they stand for; a text may have been written by anyone, so each may be refused.
///
/// Every function returns nil where there is no such setting, and throws ``ImagingError/infotextField(name:value:expected:)``
/// where it is there but does not have the form that it must have.
extension Infotext {
    /// The whole number that the setting `name` holds, within `range` if one is given.
    public func integer<Value: FixedWidthInteger & Sendable>(
        _ name: String, in range: ClosedRange<Value> = Value.min...Value.max
    ) throws(ImagingError) -> Value? {
        guard let text = self[name] else { return nil }
        guard let value = Value(text), range.contains(value) else {
            let isBounded = range != Value.min...Value.max
            let bounds = isBounded ? " from \(range.lowerBound) to \(range.upperBound)" : ""
            throw .infotextField(name: name, value: text, expected: "a whole number" + bounds)
        }
        return value
    }

    /// The finite number that the setting `name` holds, within `range` if one is given.
    public func number(_ name: String, in range: ClosedRange<Double>? = nil) throws(ImagingError) -> Double? {
        guard let text = self[name] else { return nil }
        guard let value = Double(text), value.isFinite, range?.contains(value) ?? true else {
            let bounds = range.map { " from \($0.lowerBound) to \($0.upperBound)" } ?? ""
            throw .infotextField(name: name, value: text, expected: "a number" + bounds)
        }
        return value
    }

    /// The size that the setting `name` holds as `WIDTHxHEIGHT`, both positive.
    public func size(_ name: String) throws(ImagingError) -> (width: Int, height: Int)? {
        guard let text = self[name] else { return nil }
        let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard sides.count == 2, let width = sides[0], let height = sides[1], width > 0, height > 0 else {
            throw .infotextField(name: name, value: text, expected: "a size such as 512x768")
        }
        return (width, height)
    }

    /// Whether the setting `name` is `True` or `False`, in any case.
    public func flag(_ name: String) throws(ImagingError) -> Bool? {
        guard let text = self[name] else { return nil }
        switch text.lowercased() {
        case "true": return true
        case "false": return false
        default: throw .infotextField(name: name, value: text, expected: "True or False")
        }
    }

    /// The settings that the setting `name` holds in one, as `Lora hashes` and `ControlNet 0` do; empty if there is none.
    ///
    /// A part ends at a comma, its name at its last colon, since names may be those of files. They come without a prompt,
    /// to be read as any others.
    public func parts(of name: String) -> Infotext {
        let parts = (self[name] ?? "").split(separator: ",").compactMap { part -> Field? in
            guard let colon = part.lastIndex(of: ":") else { return nil }
            let (name, value) = (trimmed(part[..<colon]), trimmed(part[part.index(after: colon)...]))
            return name.isEmpty ? nil : Field(name, value)
        }
        return Infotext(prompt: "", fields: parts)
    }

    /// The whole number that the setting `name` holds, within `range` if one is given.
    public func integer<Value: FixedWidthInteger & Sendable>(
        _ name: Name, in range: ClosedRange<Value> = Value.min...Value.max
    ) throws(ImagingError) -> Value? {
        try integer(name.rawValue, in: range)
    }

    /// The finite number that the setting `name` holds, within `range` if one is given.
    public func number(_ name: Name, in range: ClosedRange<Double>? = nil) throws(ImagingError) -> Double? {
        try number(name.rawValue, in: range)
    }

    /// The size that the setting `name` holds as `WIDTHxHEIGHT`, both positive.
    public func size(_ name: Name) throws(ImagingError) -> (width: Int, height: Int)? { try size(name.rawValue) }

    /// Whether the setting `name` is `True` or `False`, in any case.
    public func flag(_ name: Name) throws(ImagingError) -> Bool? { try flag(name.rawValue) }
}
