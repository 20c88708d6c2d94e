import Daguerre
import DaguerreJobs
import DaguerreRegistry
import Logging

/// Keeps the models that were used last in memory, and makes room by letting go of those used longest ago.
///
/// What is in use is never let go. What would not fit even then is refused with the numbers, before memory is spent.
actor ResidentModels {
    private let settings: EngineSettings
    private let registry: any ModelRegistry
    private let logger: Logger
    /// One model is loaded at a time: two would be weighed against the same free memory.
    private let turns = Turns()
    private var use = RecentUse<ModelKey>()
    private var models: [ModelKey: ResidentModel] = [:]
    private var borrowed: [ModelKey: Int] = [:]

    init(_ settings: EngineSettings, _ registry: any ModelRegistry, _ logger: Logger) {
        self.settings = settings
        self.registry = registry
        self.logger = logger
    }

    /// What requests call those that are at hand.
    var names: Set<String> { Set(models.keys.map(\.name)) }

    /// Those at hand, used longest ago first.
    var order: [ModelKey] { use.order }

    /// Runs `body` with the model of `key`, which stays in memory for as long.
    ///
    /// - Throws: ``EngineError`` with the numbers if it does not fit; as `Model.init(at:options:)`; what `body` throws.
    func withModel<R: Sendable>(
        _ key: ModelKey, _ body: @Sendable (ResidentModel) async throws -> R
    ) async throws -> R {
        borrowed[key, default: 0] += 1
        defer {
            let count = (borrowed[key] ?? 1) - 1
            borrowed[key] = count > 0 ? count : nil
        }
        return try await body(try await model(key))
    }

    /// Lets go of the model that was used longest ago and is not in use.
    ///
    /// - Returns: whether there was one.
    func evictOne() -> Bool {
        guard let key = use.oldest(excluding: Set(borrowed.keys)) else { return false }
        forget(key)
        return true
    }

    /// The model of `key` if it is at hand; it need not stay there.
    func resident(_ key: ModelKey) -> ResidentModel? { models[key] }

    /// Whether `needed` more bytes than those of models other than `key` fit into the budget as it is.
    func hasRoom(_ needed: Int, beside key: ModelKey) -> Bool {
        guard let budget = settings.memoryBudget else { return true }
        let others = models.reduce(0) { $0 + ($1.key == key ? 0 : $1.value.model.memory.weightBytes) }
        return needed <= budget - others
    }

    /// Makes room until `needed` more bytes than those of models other than `key` fit into the budget.
    ///
    /// - Throws: ``EngineError/tooLarge(what:needed:available:)`` if they cannot.
    func makeRoom(for what: String, _ needed: Int, beside key: ModelKey) throws {
        guard let budget = settings.memoryBudget else { return }
        while true {
            let others = models.reduce(0) { $0 + ($1.key == key ? 0 : $1.value.model.memory.weightBytes) }
            guard needed > budget - others else { return }
            guard evictOne() else {
                throw EngineError.tooLarge(what: what, needed: needed, available: max(budget - others, 0))
            }
        }
    }

    private func model(_ key: ModelKey) async throws -> ResidentModel {
        if let known = known(key) { return known }
        return try await turns {
            // It may have been loaded while this waited.
            if let known = known(key) { return known }
            return try await load(key)
        }
    }

    private func known(_ key: ModelKey) -> ResidentModel? {
        guard let known = models[key] else { return nil }
        use.use(key, cost: 0)
        return known
    }

    private func load(_ key: ModelKey) async throws -> ResidentModel {
        // What was made of files that have been replaced since is never asked for again.
        for stale in models.keys where stale.isReplaced(by: key) && borrowed[stale] == nil { forget(stale) }
        for surplus in use.surplus(count: max(settings.residentModels - 1, 0), keeping: Set(borrowed.keys)) {
            forget(surplus)
        }
        var options = key.options(settings.options, settings.safety)
        options.previewDecoder = await settings.previewSource.choice(in: registry)
        if settings.memoryBudget != nil {
            let weights = try await Model.weightBytes(at: key.file?.path, options: options)
            try makeRoom(for: key.name, weights, beside: key)
        }
        while true {
            do {
                let loaded =
                    if let path = key.file?.path { try await Model(at: path, options: options) } else {
                        try await Model.builtin(options: options)
                    }
                let resident = ResidentModel(loaded, budget: settings.adapterBudget, logger)
                models[key] = resident
                use.use(key, cost: 0)
                logger.info(
                    "a model is loaded",
                    metadata: [
                        "model": "\(key.name)", "seconds": .stringConvertible(loaded.loadDuration.seconds),
                        "bytes": .stringConvertible(loaded.memory.weightBytes),
                    ])
                for warning in loaded.warnings {
                    logger.warning(
                        "a model is not as it could be", metadata: ["model": "\(key.name)", "reason": "\(warning)"])
                }
                return resident
            } catch let error as EngineError {
                // Another may have stayed in memory that nobody uses.
                guard evictOne() else { throw error }
            }
        }
    }

    private func forget(_ key: ModelKey) {
        models[key] = nil
        use.remove(key)
    }
}
