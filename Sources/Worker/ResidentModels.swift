import Daguerre
import DaguerreJobs

/// Keeps the models that were used last in memory, and makes room by letting go of those used longest ago.
///
/// What is in use is never let go. What would not fit even then is refused with the numbers, before memory is spent.
actor ResidentModels {
    private let settings: EngineSettings
    private var use = RecentUse<ModelKey>()
    private var models: [ModelKey: ResidentModel] = [:]
    private var borrowed: [ModelKey: Int] = [:]

    init(_ settings: EngineSettings) { self.settings = settings }

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
        if let known = models[key] {
            use.use(key, cost: 0)
            return known
        }
        for surplus in use.surplus(count: max(settings.residentModels - 1, 0), keeping: Set(borrowed.keys)) {
            forget(surplus)
        }
        let options = key.options(settings.options, settings.safety)
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
                let resident = ResidentModel(loaded, budget: settings.adapterBudget)
                models[key] = resident
                use.use(key, cost: 0)
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
