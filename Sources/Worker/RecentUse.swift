/// Which of the things at hand were used longest ago, and what each costs: those are let go first.
package struct RecentUse<Key: Hashable & Sendable>: Sendable {
    /// Used longest ago first.
    package private(set) var order: [Key] = []
    private var costs: [Key: Int] = [:]

    /// Nothing is at hand.
    package init() {}

    /// What all of them cost together.
    package var total: Int { costs.values.reduce(0) { $0.addingReportingOverflow($1).overflow ? .max : $0 + $1 } }

    /// Notes that `key` is used now, and what it costs.
    package mutating func use(_ key: Key, cost: Int) {
        order.removeAll { $0 == key }
        order.append(key)
        costs[key] = max(cost, 0)
    }

    /// Forgets `key`.
    package mutating func remove(_ key: Key) {
        order.removeAll { $0 == key }
        costs[key] = nil
    }

    /// Those to let go so that at most `count` remain which cost at most `cost` together: longest unused first, none of
    /// `kept`, and no more than needed.
    package func surplus(count: Int = .max, cost: Int = .max, keeping kept: Set<Key>) -> [Key] {
        var (remaining, sum) = (order.count, total)
        var surplus: [Key] = []
        for key in order where !kept.contains(key) {
            guard remaining > count || sum > cost else { break }
            surplus.append(key)
            remaining -= 1
            sum -= costs[key] ?? 0
        }
        return surplus
    }

    /// The one that was used longest ago and is none of `kept`.
    package func oldest(excluding kept: Set<Key>) -> Key? { order.first { !kept.contains($0) } }
}
