import Configuration

/// All that says what settings are, the strongest first: command line, environment, file.
struct SettingSources: Sendable {
    /// What names of variables begin with.
    static let prefix = "DAGUERRE_"
    /// Variables that begin so and are no settings; Sources/Backends/CPU/OneDNNSearch.swift reads the first.
    private static let otherVariables: Set<String> = ["DAGUERRE_ONEDNN"]

    private struct Layer {
        let provider: any ConfigProvider
        let source: @Sendable (_ name: String) -> SettingSource
    }

    private let layers: [Layer]

    /// - Parameter table: every setting that there is.
    /// - Throws: ``SettingsError`` for a variable or a key that names no setting.
    init(
        arguments: CommandLineSettings, environment: [String: String], file: ConfigurationFile?,
        table: [any SettingCell]
    ) throws(SettingsError) {
        try Self.check(environment, table)
        var layers = [
            Layer(provider: Self.provider("command line", arguments.texts, table)) { _ in .commandLine },
            Layer(
                provider: EnvironmentVariablesProvider(environmentVariables: environment)
                    .prefixKeys(with: ConfigKey(["daguerre"]))
            ) { name in .environment(table.first { $0.name == name }?.variable ?? name) },
        ]
        if let file {
            let lines = file.lines
            layers.append(
                Layer(provider: Self.provider(file.name, file.texts, table)) { name in
                    .file(file.name, line: lines[name] ?? 0)
                })
        }
        self.layers = layers
    }

    /// What the strongest source that knows the setting says.
    func texts(of name: String, isList: Bool) throws(SettingsError) -> (texts: [String], source: SettingSource)? {
        for layer in layers {
            let key = AbsoluteConfigKey([name])
            let result: LookupResult
            do {
                result = try layer.provider.value(forKey: key, type: isList ? .stringArray : .string)
            } catch {
                throw .invalid(setting: name, source: layer.source(name), found: "of another kind", expected: "text")
            }
            switch result.value?.content {
            case .string(let text): return ([text], layer.source(name))
            case .stringArray(let texts): return (texts, layer.source(name))
            default: continue
            }
        }
        return nil
    }

    private static func provider(
        _ name: String, _ texts: [String: [String]], _ table: [any SettingCell]
    ) -> InMemoryProvider {
        let lists = Set(table.filter(\.isList).map(\.name))
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (setting, texts) in texts {
            let content: ConfigContent =
                lists.contains(setting) ? .stringArray(texts) : .string(texts.last ?? "")
            values[AbsoluteConfigKey([setting])] = ConfigValue(content, isSecret: false)
        }
        return InMemoryProvider(name: name, values: values)
    }

    /// A misspelt variable would otherwise do nothing, in silence.
    private static func check(_ environment: [String: String], _ table: [any SettingCell]) throws(SettingsError) {
        let known = table.map(\.variable)
        let unknown = environment.keys.filter {
            $0.hasPrefix(prefix) && !known.contains($0) && !otherVariables.contains($0)
        }
        guard let first = unknown.min() else { return }
        throw .unknown(written: "the environment's \(first)", nearest: NearestName.find(first, in: known))
    }
}
