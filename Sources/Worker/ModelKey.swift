import Daguerre
import DaguerreJobs
import DaguerreRegistry

/// What tells a model in memory from others: the same checkpoint with another autoencoder or refiner is another, and so
/// is one whose file was replaced.
struct ModelKey: Hashable, Sendable {
    /// A file or folder at a moment.
    struct File: Hashable, Sendable {
        let path: String
        let byteCount: Int
        /// Changes whenever the file is replaced, also by one of the same size.
        let fingerprint: String
    }

    /// What requests call it.
    let name: String
    /// Nil for the model in the executable.
    let file: File?
    let autoencoder, refiner: File?

    /// The model, autoencoder and refiner that `request` names.
    ///
    /// - Throws: ``JobFailure`` for a name that the registry does not have.
    init(_ request: JobRequest, in registry: any ModelRegistry) async throws {
        let named: String = if let model = request.model { model } else { await registry.defaultModel }
        let model = try await registry.require(named, .checkpoint)
        name = model.name
        file = File(model)
        autoencoder = if let vae = request.vae { File(try await registry.require(vae, .vae)) } else { nil }
        guard let refiner = request.refiner else {
            self.refiner = nil
            return
        }
        guard let file = File(try await registry.require(refiner.model, .checkpoint)) else {
            throw RequestError("refiner.model", found: refiner.model, expected: "a model of the models folder")
        }
        self.refiner = file
    }

    /// Whether `other` is the same model of the files that lie there now, and this one of what lay there before.
    func isReplaced(by other: ModelKey) -> Bool {
        self != other && name == other.name && file?.path == other.file?.path
            && autoencoder?.path == other.autoencoder?.path && refiner?.path == other.refiner?.path
    }

    /// `options` with the files of this model, and the checker that `policy` wants.
    func options(_ options: EngineOptions, _ policy: SafetyPolicy) -> EngineOptions {
        var options = options
        options.autoencoder = autoencoder?.path
        options.refiner = refiner?.path
        options.safetyChecker = policy.checker
        return options
    }
}

extension ModelKey.File {
    /// Nil for the model in the executable.
    init?(_ entry: RegistryEntry) {
        guard let path = entry.path else { return nil }
        self.init(path: path, byteCount: entry.byteCount, fingerprint: entry.fingerprint)
    }
}

extension ModelRegistry {
    /// The entry called `name`.
    ///
    /// - Throws: ``JobFailure`` if there is none.
    func require(_ name: String, _ kind: ModelKind) async throws(JobFailure) -> RegistryEntry {
        if let entry = await entry(name, kind) { return entry }
        throw JobFailure(.modelUnavailable, "there is no \(kind.title) called \"\(name.oneLine)\" on this server")
    }
}

extension String {
    /// The text on one line, cut to at most 100 characters: fit for a message.
    var oneLine: String { oneLine(atMost: 100) }

    /// The text on one line, cut after `most` Unicode scalars, so that no cluster of them makes it longer.
    func oneLine(atMost most: Int) -> String {
        var line = UnicodeScalarView()
        for scalar in unicodeScalars.prefix(most) {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: line.append("\u{FFFD}")
            default: line.append(scalar)
            }
        }
        return String(line) + (unicodeScalars.count > most ? "…" : "")
    }
}

extension ModelKind {
    /// What people call one of them.
    var title: String {
        switch self {
        case .checkpoint: "model"
        case .lora: "LoRA"
        case .embedding: "textual inversion"
        case .control: "ControlNet or T2I-Adapter"
        case .imagePrompt: "IP-Adapter"
        case .vision: "image encoder"
        case .vae: "autoencoder"
        case .safetyChecker: "safety checker"
        case .previewDecoder: "decoder of previews"
        }
    }
}
