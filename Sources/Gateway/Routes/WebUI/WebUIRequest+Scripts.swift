import DaguerreJobs

extension WebUIRequestReader {
    /// What `script_name` and `alwayson_scripts` ask for: ControlNet, whatever the case of its name.
    ///
    /// Other extensions are ignored with a warning, so that clients which always send their settings are served; a script
    /// takes the whole request over, so one that is not there is an error, as in the web UI.
    func readScripts(_ fields: inout LooseFields, _ result: inout WebUIRequest) async throws {
        if let script = try fields.text("script_name"), !isNone(script) {
            throw RequestError(
                "script_name", found: JSONValue.text(script).outline, expected: "empty: there are no scripts")
        }
        for (name, value) in try fields.object("alwayson_scripts") ?? [:] {
            var arguments: [JSONValue] = []
            switch value {
            case .object(let object):
                if case .list(let list)? = object["args"] { arguments = list }
            case .list(let list): arguments = list
            default: break
            }
            guard name.lowercased() == "controlnet" else {
                if arguments.contains(where: { $0 != .flag(false) && $0 != .null }) {
                    result.ignored.append("alwayson_scripts." + name)
                }
                continue
            }
            guard arguments.count <= Self.mostControls else {
                throw RequestError(
                    "controlnet.args", found: "\(arguments.count) units", expected: "at most \(Self.mostControls)")
            }
            for (index, unit) in arguments.enumerated() {
                guard case .object(let object) = unit else { continue }
                var unit = LooseFields(object, prefix: "controlnet.args[\(index)].")
                if let control = try await readControl(&unit, &result.ignored) {
                    result.request.controls.append(control)
                }
                result.ignored += unit.ignored
            }
        }
    }

    private static let mostControls = 10
}
