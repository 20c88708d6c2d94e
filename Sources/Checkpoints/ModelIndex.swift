/// The `model_index.json` of a diffusers folder: which pipeline it is, and the class of each component.
public struct ModelIndex: Hashable, Sendable {
    /// The library and class that a component was saved by: `diffusers`, `UNet2DConditionModel`.
    public struct Component: Hashable, Sendable {
        /// `diffusers` or `transformers`, or a module of a pipeline: `stable_diffusion`.
        public let library: String
        /// The class: `UNet2DConditionModel`.
        public let className: String
    }

    /// The file's name.
    public static let file = "model_index.json"

    /// The pipeline's class: `StableDiffusionPipeline`.
    public let className: String
    /// The components by name; one that the pipeline knows but the folder does not have is left out.
    public let components: [String: Component]
    /// Further switches: `requires_safety_checker`, `force_zeros_for_empty_prompt`.
    public let flags: [String: Bool]

    /// Reads the index of `model`.
    ///
    /// - Throws: ``CheckpointError/configuration(file:field:expected:)`` if it is absent or of another form.
    public init(of model: some ModelFiles) throws(CheckpointError) {
        guard let text = try model.bytes(Self.file) else {
            throw .unreadable(
                file: model.name, reason: "it has no \(Self.file); a model in diffusers' folder layout has one")
        }
        try self.init(text)
    }

    /// Reads the text of a `model_index.json`.
    public init(_ text: [UInt8]) throws(CheckpointError) {
        func problem(_ field: String, _ expected: String) -> CheckpointError {
            .configuration(file: Self.file, field: field, expected: expected)
        }
        let value: JSONValue
        do {
            value = try JSONText.parse(text, maximumDepth: 16)
        } catch {
            throw problem("", "one JSON object with each name once, found \(error.found)")
        }
        guard case .object(let members) = value else { throw problem("", "a JSON object") }
        guard case .string(let className)? = value["_class_name"] else { throw problem("_class_name", "a class name") }
        var components: [String: Component] = [:]
        var flags: [String: Bool] = [:]
        for member in members where !member.name.hasPrefix("_") {
            switch member.value {
            case .array(let pair):
                guard pair.count == 2 else { throw problem(member.name, "a library and a class name") }
                guard pair[1] != .null else { continue }
                guard case .string(let library) = pair[0], case .string(let className) = pair[1] else {
                    throw problem(member.name, "a library and a class name")
                }
                guard member.name.isSafeFileName else { throw problem(member.name, "the name of a folder") }
                components[member.name] = Component(library: library, className: className)
            case .bool(let flag): flags[member.name] = flag
            case .object, .string, .integer, .number, .null: break
            }
        }
        self.className = className
        self.components = components
        self.flags = flags
    }

    /// The text of a `model_index.json` that has of its components only those called `names`.
    package func text(keeping names: Set<String>) -> [UInt8] {
        var members: [(String, JSONValue)] = [("_class_name", .string(className))]
        for (name, component) in components.sorted(by: { $0.key < $1.key }) {
            let pair: [JSONValue] =
                names.contains(name) ? [.string(component.library), .string(component.className)] : [.null, .null]
            members.append((name, .array(pair)))
        }
        for (name, flag) in flags.sorted(by: { $0.key < $1.key }) {
            members.append((name, .bool(flag && name != "requires_safety_checker")))
        }
        return JSONValue.members(members).fileText
    }

    /// Checks that the pipeline's class is one of `supported`.
    ///
    /// - Throws: ``CheckpointError/unsupportedClass(file:field:found:supported:)``
    public func requirePipeline(_ supported: [String]) throws(CheckpointError) {
        guard supported.contains(className) else {
            throw .unsupportedClass(file: Self.file, field: "_class_name", found: className, supported: supported)
        }
    }

    /// The class of component `name`, which must be there and one of `supported`.
    public func requireComponent(_ name: String, _ supported: [String]) throws(CheckpointError) -> String {
        guard let component = components[name] else {
            throw .configuration(
                file: Self.file, field: name, expected: "a component: " + supported.joined(separator: " or "))
        }
        guard supported.contains(component.className) else {
            throw .unsupportedClass(
                file: Self.file, field: name, found: component.className, supported: supported)
        }
        return component.className
    }
}
