import DaguerreJobs
import DaguerreRegistry

/// The settings that AUTOMATIC1111's `/options` holds, as far as they mean something here.
///
/// They are a caller's own: one caller's choice of a model is no other's, and a request's `override_settings` are the
/// request's alone.
struct WebUIOptions: Equatable, Sendable {
    /// The registry's name of the model; the server's default where nil.
    var model: String?
    /// The registry's name of a file with an autoencoder.
    var vae: String?
    /// How many layers from the text encoder's end, from 2; the model's own choice where nil.
    var clipSkip: Int?
    /// `GPU`, `CPU` or `NV`.
    var randomSource = "NV"
    /// `Original`, `No norm`, `Ignore` or `None`.
    var emphasis = "Original"
    /// What kind of file images become.
    var output = JobRequest.Output()

    private static let randomSources = ["NV", "GPU", "CPU"]
    private static let emphases = [
        ("Original", "original"), ("No norm", "no-norm"), ("Ignore", "ignore"), ("None", "none"),
    ]

    /// Takes over what `fields` set, and leaves those that mean nothing here.
    ///
    /// - Throws: ``DaguerreJobs/RequestError`` for a model that is not there, or a value that a setting cannot have.
    mutating func merge(_ fields: inout LooseFields, _ catalog: WebUICatalog) async throws(RequestError) {
        if let title = try fields.text("sd_model_checkpoint"), !isNone(title) {
            model = try await catalog.entry(title, .checkpoint, field: "sd_model_checkpoint").name
        }
        if let name = try fields.text("sd_vae") {
            vae = isNone(name) ? nil : try await catalog.entry(name, .vae, field: "sd_vae").name
        }
        // The web UI, too, leaves 1 to the model: Stable Diffusion 2 and XL are read at the last layer but one.
        if let layers = try fields.integer("CLIP_stop_at_last_layers", in: 0...12) {
            clipSkip = layers > 1 ? layers : nil
        }
        if let source = try fields.text("randn_source") {
            randomSource = try fields.one(of: Self.randomSources, "randn_source", source)
        }
        if let name = try fields.text("emphasis") {
            emphasis = try fields.one(of: Self.emphases.map(\.0), "emphasis", name)
        }
        if let format = try fields.text("samples_format") {
            let formats = ["png", "jpg", "jpeg", "webp"]
            let name = try fields.one(of: formats, "samples_format", format)
            output.format = JobRequest.Output.Format(rawValue: name == "jpg" ? "jpeg" : name) ?? .png
        }
        if let quality = try fields.integer("jpeg_quality", in: 1...100) { output.quality = quality }
        // The digest of the model that is set already: clients send the whole object back.
        fields.drop("sd_checkpoint_hash", "sd_lora")
    }

    /// Writes them into `request`.
    func apply(to request: inout JobRequest) {
        request.model = model
        request.vae = vae
        request.clipSkip = clipSkip
        request.random = randomSource == "CPU" ? "torch" : "philox"
        request.emphasis = Self.emphases.first { $0.0 == emphasis }?.1
        request.output = output
    }

    /// The whole object, as `/options` answers.
    func json(_ catalog: WebUICatalog) async throws(RequestError) -> [String: JSONValue] {
        let model: RegistryEntry
        if let name = self.model {
            model = try await catalog.entry(name, .checkpoint, field: "sd_model_checkpoint")
        } else {
            model = try await catalog.defaultModel()
        }
        return [
            "sd_model_checkpoint": .text(model.webUITitle),
            "sd_checkpoint_hash": model.digest.map { .text($0) } ?? .null,
            "sd_vae": .text(vae ?? "Automatic"),
            "CLIP_stop_at_last_layers": .integer(Int64(clipSkip ?? 1)),
            "randn_source": .text(randomSource),
            "emphasis": .text(emphasis),
            "samples_format": .text(output.format == .jpeg ? "jpg" : output.format.rawValue),
            "jpeg_quality": .integer(Int64(output.quality)),
        ]
    }
}

extension LooseFields {
    /// `text` as one of `choices` writes it.
    func one(of choices: [String], _ name: String, _ text: String) throws(RequestError) -> String {
        guard let choice = choices.first(where: { $0.lowercased() == text.lowercased() }) else {
            throw wrong(name, .text(text), "one of: " + choices.joined(separator: ", "))
        }
        return choice
    }
}
