/// Why a configuration cannot become a model, or a model's answer cannot be used.
public enum ModelError: Error, Equatable, CustomStringConvertible {
    /// A value that Daguerre does not support, though the format knows it.
    case unsupported(file: String, field: String, found: String, supported: String)
    /// A value that no model can have.
    case invalid(file: String, field: String, found: String, expected: String)
    /// What a model says of picture number `picture`, from 1 on, holds a NaN or an infinity.
    case notFinite(model: String, picture: Int)

    /// One line for people.
    public var description: String {
        switch self {
        case .unsupported(let file, let field, let found, let supported):
            "\(file): \(field) is \(found), which is not supported; supported: \(supported)"
        case .invalid(let file, let field, let found, let expected):
            "\(file): \(field) is \(found), expected \(expected)"
        case .notFinite(let model, let picture):
            "the \(model)'s answer for picture \(picture) holds a NaN or an infinity, so the picture is not cleared;"
                + " check its weights, or run it in float32"
        }
    }
}

/// Checks the fields of one configuration file.
struct ConfigurationCheck {
    let file: String

    func require<T>(_ field: String, _ found: T, _ expected: String, _ isValid: Bool) throws(ModelError) {
        guard isValid else { throw .invalid(file: file, field: field, found: "\(found)", expected: expected) }
    }

    func support<T>(_ field: String, _ found: T, _ supported: String, _ isSupported: Bool) throws(ModelError) {
        guard isSupported else { throw .unsupported(file: file, field: field, found: "\(found)", supported: supported) }
    }

    /// Sizes are bounded far above any real model, so that products of a few of them cannot overflow.
    func size(_ field: String, _ found: Int) throws(ModelError) {
        try require(field, found, "a number from 1 to 65536", (1...65536).contains(found))
    }

    func count(_ field: String, _ found: Int) throws(ModelError) {
        try require(field, found, "a number from 1 to 64", (1...64).contains(found))
    }

    func groups(_ field: String, _ groups: Int, divide channels: [Int]) throws(ModelError) {
        try size(field, groups)
        for count in channels {
            try require(field, groups, "a divisor of \(count) channels", count % groups == 0)
        }
    }
}
