import Daguerre
import DaguerreAdapters
import DaguerreCheckpoints
import DaguerreJobs
import DaguerreRegistry
import Logging

/// A model in memory, and the adapters and controls that its requests used of late.
actor ResidentModel {
    nonisolated let model: Model

    /// What an adapter or a control is known by: its files at a moment.
    enum ExtraKey: Hashable, Sendable {
        case adapter(ModelKey.File)
        case control(ModelKey.File)
        case imagePrompt(ModelKey.File, encoder: ModelKey.File)

        var byteCount: Int {
            switch self {
            case .adapter(let file), .control(let file): file.byteCount
            case .imagePrompt(let file, let encoder):
                file.byteCount.addingReportingOverflow(encoder.byteCount).partialValue
            }
        }
    }

    /// An adapter, and the textual inversions that its file carries along.
    typealias LoadedAdapter = (adapter: BoundAdapter, embeddings: [(name: String, embedding: TextualInversion)])

    private enum Extra: Sendable {
        case adapter(LoadedAdapter)
        case control(ControlModel)
        case imagePrompt(ImagePromptModel)
    }

    private let budget: Int
    private let logger: Logger
    /// One extra is loaded at a time: two would be weighed against the same free memory.
    private let turns = Turns()
    private var use = RecentUse<ExtraKey>()
    private var extras: [ExtraKey: Extra] = [:]

    /// Keeps extras of files of at most `budget` bytes together, those of the latest request aside.
    init(_ model: Model, budget: Int, _ logger: Logger) {
        self.model = model
        self.budget = budget
        self.logger = logger
    }

    /// The LoRA or relative in `entry`'s file.
    ///
    /// - Throws: as `Model.adapter(at:strict:)`.
    func adapter(_ entry: RegistryEntry) async throws -> LoadedAdapter {
        guard let file = ModelKey.File(entry) else { throw entry.withoutFile }
        let key = ExtraKey.adapter(file)
        return try await turns {
            if case .adapter(let known) = known(key) { return known }
            let loaded = try await model.adapter(at: file.path)
            keep(.adapter(loaded), as: key, entry)
            return loaded
        }
    }

    /// The ControlNet or T2I-Adapter in `entry`'s file or folder.
    ///
    /// - Throws: as `Model.control(at:)`.
    func control(_ entry: RegistryEntry) async throws -> ControlModel {
        guard let file = ModelKey.File(entry) else { throw entry.withoutFile }
        let key = ExtraKey.control(file)
        return try await turns {
            if case .control(let known) = known(key) { return known }
            let loaded = try await model.control(at: file.path)
            keep(.control(loaded), as: key, entry)
            return loaded
        }
    }

    /// The IP-Adapter in `entry`'s file, with its encoder.
    ///
    /// - Throws: as `Model.imagePrompt(at:encoder:)`.
    func imagePrompt(_ entry: RegistryEntry, encoder: RegistryEntry) async throws -> ImagePromptModel {
        guard let file = ModelKey.File(entry) else { throw entry.withoutFile }
        guard let vision = ModelKey.File(encoder) else { throw encoder.withoutFile }
        let key = ExtraKey.imagePrompt(file, encoder: vision)
        return try await turns {
            if case .imagePrompt(let known) = known(key) { return known }
            let loaded = try await model.imagePrompt(at: file.path, encoder: vision.path)
            keep(.imagePrompt(loaded), as: key, entry)
            return loaded
        }
    }

    /// Lets go of the extras used longest ago until those of the last `count` uses and the budget are left.
    func trim(latest count: Int) {
        for key in use.surplus(cost: budget, keeping: Set(use.order.suffix(count))) { forget(key) }
    }

    /// Lets go of all extras but those of the last `count` uses.
    ///
    /// - Returns: whether there were any.
    func dropExtras(latest count: Int) -> Bool {
        let surplus = use.surplus(count: 0, keeping: Set(use.order.suffix(count)))
        for key in surplus { forget(key) }
        return !surplus.isEmpty
    }

    private func known(_ key: ExtraKey) -> Extra? {
        guard let extra = extras[key] else { return nil }
        use.use(key, cost: key.byteCount)
        return extra
    }

    private func keep(_ extra: Extra, as key: ExtraKey, _ entry: RegistryEntry) {
        extras[key] = extra
        use.use(key, cost: key.byteCount)
        logger.debug(
            "an adapter is loaded",
            metadata: ["name": "\(entry.name)", "kind": "\(entry.kind.title)", "model": "\(model.name)"])
    }

    private func forget(_ key: ExtraKey) {
        extras[key] = nil
        use.remove(key)
    }
}

extension RegistryEntry {
    /// The registry knows it, and it lies nowhere.
    fileprivate var withoutFile: JobFailure { JobFailure(.modelUnavailable, "\(name): there is no file of it") }
}
