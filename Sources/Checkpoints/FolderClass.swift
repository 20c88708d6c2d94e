extension ModelFiles {
    /// The text of `config.json`, and which of `classes` it says the folder is, by their names in diffusers.
    ///
    /// - Throws: ``CheckpointError/unreadable(file:reason:)`` if there is no such file,
    ///   ``CheckpointError/configuration(file:field:expected:)`` if it is no JSON,
    ///   ``CheckpointError/unsupportedClass(file:field:found:supported:)``.
    func configuration<Kind>(
        among classes: [String: Kind]
    ) throws(CheckpointError) -> (text: [UInt8], kind: Kind) {
        let file = "config.json"
        guard let text = try bytes(file) else {
            throw .unreadable(file: file, reason: "there is no such file in \(name)")
        }
        let value: JSONValue
        do {
            value = try JSONText.parse(text)
        } catch {
            throw .configuration(file: file, field: "", expected: "valid JSON, found \(error.found)")
        }
        var className = "absent"
        if case .string(let text)? = value["_class_name"] { className = text }
        guard let kind = classes[className] else {
            throw .unsupportedClass(
                file: file, field: "_class_name", found: className, supported: classes.keys.sorted())
        }
        return (text, kind)
    }
}
