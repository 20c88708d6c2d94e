/// Whose turn it is: the jobs that wait, as a value that says which is next.
///
/// Priorities share the workers by their weights, and within a priority owners share evenly, both counted in seconds of
/// computing, by weighted fair queueing: whoever has received the least comes first, and who was away has saved nothing up.
/// An owner's jobs run in the order of their acceptance.
///
/// A sixteenth of the seconds goes to the oldest job of all: it runs as soon as so much has gone to others since as sixteen times
/// it will take. So no job waits until others have had more than sixteen times what it and those before it take, whoever
/// arrives; and as that is less than the least weight's share and is charged like the rest, it does not move the shares.
public struct FairShare: Sendable {
    /// A job that waits.
    public struct Entry: Equatable, Sendable {
        /// Which job, and whose.
        public let job: JobIdentifier, owner: Owner
        /// How urgent.
        public let priority: JobPriority
        /// Its place in the order of acceptance.
        public let number: Int64
        /// When it was accepted.
        public let submitted: Timestamp
        /// Seconds of computing that it is thought to take.
        public let seconds: Double
        /// The model that it needs.
        public let model: String?

        /// The job of `record`, accepted as the `number`th.
        public init(_ record: JobRecord, number: Int64) {
            job = record.id
            owner = record.owner
            priority = record.priority
            self.number = number
            submitted = record.submitted
            seconds = record.estimatedSeconds
            model = record.request.model
        }
    }

    /// One second in so many goes to the oldest job.
    public static let secondsPerOldest = 16.0
    /// How much older than the job of a model at hand another may be and still wait for it, in seconds.
    public static let mostPreference = 60.0

    /// The jobs of one priority.
    private struct Level {
        /// Those that wait, in the order of their numbers; no owner has an empty list.
        var lines: [Owner: ArraySlice<Entry>] = [:]
        /// Seconds that each owner has received.
        var received: [Owner: Double] = [:]
        /// What the owner had received whose turn was the last: who comes anew begins there.
        var clock = 0.0
        /// Seconds that all have received, divided by the weight.
        var share = 0.0
    }

    private var levels: [JobPriority: Level] = [:]
    private var clock = 0.0
    /// Seconds that the oldest job may have before its turn comes by share.
    private var credit = 0.0

    /// How many jobs wait.
    public private(set) var count = 0

    /// Nobody waits.
    public init() {}

    /// How many jobs of `priority` wait.
    public func count(_ priority: JobPriority) -> Int {
        levels[priority, default: Level()].lines.values.reduce(0) { $0 + $1.count }
    }

    /// Adds a job in the place that its number gives it.
    public mutating func insert(_ entry: Entry) {
        var level = levels.removeValue(forKey: entry.priority) ?? Level()
        if level.lines.isEmpty { level.share = max(level.share, clock) }
        var line = level.lines.removeValue(forKey: entry.owner) ?? []
        if line.isEmpty { level.received[entry.owner] = max(level.received[entry.owner] ?? 0, level.clock) }
        // Nearly always the last.
        var place = line.endIndex
        while place > line.startIndex, line[place - 1].number > entry.number { place -= 1 }
        line.insert(entry, at: place)
        level.lines[entry.owner] = line
        levels[entry.priority] = level
        count += 1
    }

    /// Takes a job out that is not to run.
    public mutating func remove(_ entry: Entry) {
        var level = levels.removeValue(forKey: entry.priority) ?? Level()
        defer { levels[entry.priority] = level }
        var line = level.lines.removeValue(forKey: entry.owner) ?? []
        if let place = line.firstIndex(where: { $0.number == entry.number }) {
            if place == line.startIndex { line.removeFirst() } else { line.remove(at: place) }
            count -= 1
        }
        if !line.isEmpty { level.lines[entry.owner] = line }
    }

    /// The job whose turn it is; where `models` are at hand, one of its owner for them that is little younger.
    public func next(preferring models: Set<String> = []) -> Entry? {
        let oldest = oldest
        if let oldest, oldest.charge <= credit { return oldest }
        let waiting = levels.filter { !$0.value.lines.isEmpty }
        let level = waiting.min { a, b in
            (a.value.share, -a.key.weight) < (b.value.share, -b.key.weight)
        }
        guard let level = level?.value else { return nil }
        let line = level.lines.min { a, b in
            (level.received[a.key] ?? 0, a.value.first?.number ?? 0)
                < (level.received[b.key] ?? 0, b.value.first?.number ?? 0)
        }
        guard let line = line?.value, let first = line.first else { return nil }
        guard !models.isEmpty else { return first }
        return line.first { entry in
            entry.model.map(models.contains) ?? false
                && entry.submitted.seconds(since: first.submitted) <= Self.mostPreference
        } ?? first
    }

    /// Takes the job out that ``next(preferring:)`` named, since it is to run, and charges its owner.
    public mutating func take(_ entry: Entry) {
        let oldest = oldest
        let isByAge = entry == oldest && entry.charge <= credit
        remove(entry)
        var level = levels.removeValue(forKey: entry.priority) ?? Level()
        let before = (share: level.share, received: level.received[entry.owner] ?? 0)
        level.share += entry.charge / Double(entry.priority.weight)
        level.received[entry.owner] = before.received + entry.charge
        if isByAge {
            credit -= entry.charge
        } else if entry != oldest {
            credit += entry.charge / Self.secondsPerOldest
        }
        if !isByAge {
            clock = max(clock, before.share)
            level.clock = max(level.clock, before.received)
        }
        // Who has left, and would begin at the clock if coming back, need not be remembered.
        if level.received.count > 2 * level.lines.count + 64 {
            level.received = level.received.filter { level.lines[$0.key] != nil || $0.value > level.clock }
        }
        levels[entry.priority] = level
    }

    /// All that wait, in the order in which they are to run if nobody else comes.
    public var order: [Entry] {
        var rest = self
        var order: [Entry] = []
        order.reserveCapacity(count)
        while let entry = rest.next() {
            order.append(entry)
            rest.take(entry)
        }
        return order
    }

    private var oldest: Entry? {
        levels.values.lazy.flatMap(\.lines.values).compactMap(\.first).min { $0.number < $1.number }
    }
}

extension FairShare.Entry {
    /// Seconds that are charged: nothing is free, or one owner's empty jobs would pass all others'.
    fileprivate var charge: Double { seconds.isFinite ? min(max(seconds, 0.001), 86400) : 86400 }
}
