/// What was made for a key, kept for as long as it is in use; what is not asked for over many others is forgotten.
///
/// It holds at least the last `capacity` values that were asked for, and at most twice as many.
package struct BoundedCache<Key: Hashable, Value> {
    private let capacity: Int
    private var recent: [Key: Value] = [:]
    /// Those that were recent before ``recent`` was begun.
    private var older: [Key: Value] = [:]

    package init(capacity: Int) { self.capacity = capacity }

    /// Values that are held.
    package var count: Int { recent.count + older.count }

    /// The value for `key`, which `make` makes if there is none.
    package mutating func value<E: Error>(for key: Key, make: () throws(E) -> Value) throws(E) -> Value {
        if let known = recent[key] { return known }
        let value = if let known = older.removeValue(forKey: key) { known } else { try make() }
        if recent.count >= capacity {
            older = recent
            recent = [:]
        }
        recent[key] = value
        return value
    }
}
