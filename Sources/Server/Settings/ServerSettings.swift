package import Logging

/// Every setting of the server: one declaration says its name, values, default and what it is for.
///
/// `--queue-capacity 50` on the command line, `DAGUERRE_QUEUE_CAPACITY=50` in the environment and `queue-capacity: 50` in the
/// file say the same; the first of these that says anything counts.
package struct ServerSettings: Sendable {
    @Setting(.listening, "host", .text("address"), "Address to listen on. Other than loopback needs API keys.")
    package var host = "127.0.0.1"
    @Setting(.listening, "port", .integer(0...65535), "Port to listen on; 0 takes any that is free.")
    package var port = 7860
    @Setting(
        .listening, "tls-certificate", .optional(.path, "none"),
        "PEM file with the certificate and those that it rests on, for HTTPS.")
    package var tlsCertificate: String? = nil
    @Setting(.listening, "tls-key", .optional(.path, "none"), "PEM file with the certificate's private key.")
    package var tlsKey: String? = nil
    @Setting(.listening, "connections", .integer(1...1_000_000), "Connections held at once; more are turned away.")
    package var connections = 8192
    @Setting(
        .listening, "connections-per-address", .optional(.integer(1...1_000_000), "automatic"),
        computedDefault: "as many as connections on loopback, else a quarter of them",
        "Connections held at once of one address, or one IPv6 network of 64 bits. Behind a proxy, whose address all clients share, give it the value of connections."
    )
    package var connectionsPerAddress: Int? = nil
    @Setting(
        .listening, "request-size", .bytes(1 << 10...1 << 30),
        "The largest upload, and of what a compatible request holds in pictures; other JSON has 1 MiB.")
    package var requestSize = 32 << 20
    @Setting(
        .listening, "public-address",
        .optional(.text("address", "an address such as https://images.example"), "as-called"),
        "Where clients reach the server, for addresses in answers; as they called it unless given.")
    package var publicAddress: String? = nil
    @Setting(
        .listening, "drain-delay", .duration(0...300),
        "How long /readyz says no after SIGTERM before the server stops listening; for balancers that have to notice.")
    package var drainDelay = 0.0
    @Setting(
        .listening, "drain", .duration(0...86400),
        "How long clients may go on waiting for their jobs after SIGTERM, and then as long again the jobs that run; what is left goes back to the queue."
    )
    package var drain = 30.0
    @Setting(.listening, "page", .flag, "Whether the page to draw with is served at /.")
    package var page = true

    @Setting(
        .folders, "data", .path, computedDefault: "$XDG_DATA_HOME/daguerre, else ~/.local/share/daguerre",
        "Where jobs, keys, uploads and images are kept. One server at a time.")
    package var data = ""
    @Setting(
        .folders, "models", .path, computedDefault: "the folder models in data",
        "Where checkpoints/, loras/, embeddings/, controlnet/, ip-adapter/, clip-vision/, vae/, vae-approx/ and safety-checker/ lie."
    )
    package var models = ""
    @Setting(
        .folders, "config", .optional(.path, "none"),
        computedDefault: "$XDG_CONFIG_HOME/daguerre/serve.yaml, else ~/.config/daguerre/serve.yaml, if it exists",
        "YAML file with settings.")
    package var config: String? = nil

    @Setting(
        .drawing, "default-model", .optional(.text("name"), "automatic"),
        computedDefault: "the first of checkpoints/, else the built-in model",
        "The checkpoint of requests that name none; loaded when the server starts.")
    package var defaultModel: String? = nil
    @Setting(
        .drawing, "model-aliases", .pairs("name=model,…"),
        "Models that clients have built in, and those that stand in for them: dall-e-3=dreamlike.")
    package var modelAliases: [String: String] = [:]
    @Setting(.drawing, "resident-models", .integer(1...64), "Models kept in memory, the last used ones.")
    package var residentModels = 2
    @Setting(
        .drawing, "memory", .optional(.bytes(64 << 20...1 << 50), "automatic"),
        "Memory that models and jobs may take together; automatic is what the system has free.")
    package var memory: Int? = nil
    @Setting(
        .drawing, "batch", .optional(.integer(1...16), "automatic"),
        "The most images drawn at once, of one job or of several that wait; automatic is as many as were measured to pay."
    )
    package var batch: Int? = nil
    @Setting(
        .drawing, "precision", .optional(.choice, "automatic"),
        "What weights and activations are rounded to; automatic is bfloat16 where the processor computes in it.")
    package var precision: ComputePrecision? = nil
    @Setting(
        .drawing, "threads", .optional(.integer(1...1024), "automatic"),
        "Threads to compute on; automatic is one for each physical core.")
    package var threads: Int? = nil
    @Setting(
        .drawing, "previews-per-second", .number(0...10), "How often a running job may send a preview; 0 sends none.")
    package var previewsPerSecond = 1.0
    @Setting(
        .drawing, "preview-decoder", .previewDecoder,
        "What previews are made by: automatic decodes with the TAESD in vae-approx/ that is for the model's latents, else linear colours each latent; a path is a TAESD for every model."
    )
    package var previewDecoder = PreviewDecoderSetting.automatic

    @Setting(.jobs, "queue-capacity", .integer(1...1_000_000), "Jobs that may wait; more are turned away with 429.")
    package var queueCapacity = 1000
    @Setting(.jobs, "max-images", .integer(1...1000), "The most images of a job.")
    package var maxImages = 16
    @Setting(.jobs, "max-steps", .integer(1...1000), "The most denoising steps of a pass.")
    package var maxSteps = 150
    @Setting(.jobs, "max-side", .integer(64...8192), "The most pixels of a side.")
    package var maxSide = 2048
    @Setting(.jobs, "max-pixels", .integer(4096...1 << 26), "The most pixels of an image.")
    package var maxPixels = 4_194_304
    @Setting(
        .jobs, "keep-jobs", .duration(60...86400 * 3650),
        "How long finished jobs and their images are kept; how each ended and what it took, for a day at least.")
    package var keepJobs = 7 * 86400.0
    @Setting(.jobs, "keep-uploads", .duration(60...86400 * 3650), "How long uploads are kept that no job needs.")
    package var keepUploads = 86400.0

    @Setting(
        .access, "require-keys", .flag, computedDefault: "false on loopback, else true",
        "Whether every request needs an API key (daguerre keys add).")
    package var requireKeys = false
    @Setting(
        .access, "cors-origins", .list("origin,…", "origins such as https://studio.example"),
        "Other web sites whose pages may call the API.")
    package var corsOrigins: [String] = []
    @Setting(
        .access, "hosts", .list("name,…", "names of hosts"),
        "Names that a server without keys is called by, beside localhost and its addresses; pages of other names get no answer."
    )
    package var hosts: [String] = []
    @Setting(
        .access, "metrics-open", .flag, "Whether /metrics answers without a key; else it takes one of scope admin.")
    package var metricsOpen = false
    @Setting(
        .access, "image-url-hosts", .list("host,…", "names of hosts"),
        "Hosts from which https: image URLs in requests are fetched; without any, URLs are refused.")
    package var imageURLHosts: [String] = []

    @Setting(
        .safety, "safety", .choice,
        "What becomes of images in which the safety checker finds something. No request can change it.")
    package var safety = SafetyChoice.off
    @Setting(
        .safety, "safety-checker", .optional(.path, "automatic"),
        "The checker's folder or .safetensors file; automatic takes the first of safety-checker/ in models.")
    package var safetyChecker: String? = nil
    @Setting(.safety, "infotext", .flag, "Whether images carry their prompt and settings.")
    package var infotext = true
    @Setting(.safety, "provenance", .flag, "Whether images say, as IPTC has it, that a trained algorithm made them.")
    package var provenance = true

    @Setting(.logging, "log-level", .choice, "The least that is logged.")
    package var logLevel = LogLevel.info
    @Setting(
        .logging, "log-format", .choice, "JSON objects, lines for people, or whichever suits: text on a terminal.")
    package var logFormat = LogFormat.auto
    @Setting(.logging, "log-prompts", .flag, "Whether prompts may appear in logs.")
    package var logPrompts = false

    /// Names of flags of `daguerre serve` that are no settings.
    static let switches: Set<String> = ["print-config", "describe", "json", "help"]

    /// Every setting at its default.
    init() {}

    /// What `words`, environment and file say; as for `daguerre serve`.
    ///
    /// - Throws: ``SettingsError``.
    package init(_ words: [String], environment: [String: String]) throws(SettingsError) {
        try self.init(
            CommandLineSettings(words, table: ServerSettings().table, switches: []), environment: environment)
    }

    /// What command line, environment and file say.
    ///
    /// - Throws: ``SettingsError`` naming the setting, where it was found, what was found and what was expected.
    init(_ arguments: CommandLineSettings, environment: [String: String]) throws(SettingsError) {
        let (table, folders) = (self.table, UserFolder(environment: environment))
        let unfiled = try SettingSources(arguments: arguments, environment: environment, file: nil, table: table)
        try _config.read(unfiled)
        if case .default = _config.source {
            let standard = folders.configuration + "/serve.yaml"
            _config.fill(fileExists(standard) ? standard : nil)
        }
        // Which file is read cannot be said by the file.
        let inFile = table.filter { $0.name != _config.name }
        let file = try config.map { path throws(SettingsError) in try ConfigurationFile(path: path, table: inFile) }
        try read(SettingSources(arguments: arguments, environment: environment, file: file, table: table))
        _data.fill(folders.data)
        _models.fill(data + "/models")
        _requireKeys.fill(!isLoopback)
        _connectionsPerAddress.fill(isLoopback ? connections : max(connections / 4, 1))
        try checkTogether()
    }

    private mutating func read(_ sources: SettingSources) throws(SettingsError) {
        try _host.read(sources)
        try _port.read(sources)
        try _tlsCertificate.read(sources)
        try _tlsKey.read(sources)
        try _connections.read(sources)
        try _connectionsPerAddress.read(sources)
        try _requestSize.read(sources)
        try _publicAddress.read(sources)
        try _drainDelay.read(sources)
        try _drain.read(sources)
        try _page.read(sources)
        try _data.read(sources)
        try _models.read(sources)
        try _defaultModel.read(sources)
        try _modelAliases.read(sources)
        try _residentModels.read(sources)
        try _memory.read(sources)
        try _batch.read(sources)
        try _precision.read(sources)
        try _threads.read(sources)
        try _previewsPerSecond.read(sources)
        try _previewDecoder.read(sources)
        try _queueCapacity.read(sources)
        try _maxImages.read(sources)
        try _maxSteps.read(sources)
        try _maxSide.read(sources)
        try _maxPixels.read(sources)
        try _keepJobs.read(sources)
        try _keepUploads.read(sources)
        try _requireKeys.read(sources)
        try _corsOrigins.read(sources)
        try _hosts.read(sources)
        try _metricsOpen.read(sources)
        try _imageURLHosts.read(sources)
        try _safety.read(sources)
        try _safetyChecker.read(sources)
        try _infotext.read(sources)
        try _provenance.read(sources)
        try _logLevel.read(sources)
        try _logFormat.read(sources)
        try _logPrompts.read(sources)
    }

    /// Every setting, in the order of their declarations.
    var table: [any SettingCell] { Mirror(reflecting: self).children.compactMap { $0.value as? any SettingCell } }
}
