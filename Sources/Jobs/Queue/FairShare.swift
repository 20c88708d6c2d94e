/// Whose job is next: classes share by weight, and within a class owners share alike.
///
/// Both are start-time fair queueing (Goyal, Vin and Cheng, 1996): whoever has been served least is next, and whoever comes
/// back after a pause begins where the others are, so that nobody saves up turns and nobody starves.
public struct FairShare: Sendable {
    private var turns: [JobPriority: Double] = [:]
    private var turnFloor = 0.0
    private var service: [Owner: Double] = [:]
    private var serviceFloor = 0.0

    /// Nobody has been served.
    public init() {}

    /// Who is next among those that wait, and that it is their class's turn is noted; nil if nobody waits.
    public mutating func next(among waiting: [JobPriority: Set<Owner>]) -> (priority: JobPriority, owner: Owner)? {
        let classes = JobPriority.allCases.filter { waiting[$0]?.isEmpty == false }
        guard let priority = classes.min(by: { turn($0) < turn($1) }),
            let owner = waiting[priority]?.min(by: { (served($0), $0.name) < (served($1), $1.name) })
        else { return nil }
        turnFloor = turn(priority)
        turns[priority] = turnFloor + 1 / Double(priority.weight)
        serviceFloor = max(serviceFloor, served(owner))
        // What lies at the floor says no more than the floor.
        service = service.filter { $0.value > serviceFloor }
        return (priority, owner)
    }

    /// Notes that `owner` has been served, or, where `seconds` is negative, less than was noted before.
    public mutating func charge(_ owner: Owner, seconds: Double) {
        guard seconds.isFinite else { return }
        service[owner] = served(owner) + seconds
    }

    private func turn(_ priority: JobPriority) -> Double { max(turns[priority] ?? 0, turnFloor) }

    private func served(_ owner: Owner) -> Double { max(service[owner] ?? 0, serviceFloor) }
}
