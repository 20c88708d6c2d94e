/// The names that the engine understands, for those layers that must not know the engine: what interfaces list, and what
/// requests are validated against.
public struct EngineVocabulary: Sendable {
    /// A sampler or a schedule.
    public struct Name: Sendable {
        /// As AUTOMATIC1111 writes it: `DPM++ 2M`, `Karras`.
        public let name: String
        /// What else it is called: `dpmpp_2m`.
        public let aliases: [String]

        /// A name and what else it is called.
        public init(_ name: String, aliases: [String]) {
            self.name = name
            self.aliases = aliases
        }
    }

    /// Every sampler and schedule, in the order in which people would have them listed.
    public let samplers: [Name], schedules: [Name]
    /// How a first pass can be enlarged over latents and over pixels, as AUTOMATIC1111 writes it: `Latent`, `Lanczos`.
    public let latentUpscalers: [String], pixelUpscalers: [String]
    /// Reads a sampler as a request spells it, a trailing schedule included (`DPM++ 2M Karras`).
    ///
    /// - Throws: ``RequestError`` listing what there is.
    public let sampler: @Sendable (String) throws(RequestError) -> (sampler: String, schedule: String?)
    /// Reads a schedule as a request spells it.
    public let schedule: @Sendable (String) throws(RequestError) -> String
    /// The LoRAs that a prompt names with `<lora:name:weight>`.
    ///
    /// - Throws: ``RequestError`` for a tag that cannot be read.
    public let networks: @Sendable (String) throws(RequestError) -> [String]

    /// The names of an engine.
    public init(
        samplers: [Name], schedules: [Name], latentUpscalers: [String], pixelUpscalers: [String],
        sampler: @escaping @Sendable (String) throws(RequestError) -> (sampler: String, schedule: String?),
        schedule: @escaping @Sendable (String) throws(RequestError) -> String,
        networks: @escaping @Sendable (String) throws(RequestError) -> [String]
    ) {
        self.samplers = samplers
        self.schedules = schedules
        self.latentUpscalers = latentUpscalers
        self.pixelUpscalers = pixelUpscalers
        self.sampler = sampler
        self.schedule = schedule
        self.networks = networks
    }
}
