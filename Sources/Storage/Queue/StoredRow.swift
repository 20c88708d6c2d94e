import DaguerreJobs
import GRDB

/// The columns of a row, one after the other, each read as what it should be: a file may have been tampered with.
struct StoredRow {
    private let row: Row
    private var index = 0

    init(_ row: Row) { self.row = row }

    /// - Throws: ``QueueError/storage(_:)`` naming the column if it holds anything else.
    mutating func next<Value: DatabaseValueConvertible>(_ type: Value.Type = Value.self) throws(QueueError) -> Value {
        let column = index
        guard let value: Value = try nextIfPresent() else { throw unreadable(column) }
        return value
    }

    /// The value of the next column; nil where it is null.
    mutating func nextIfPresent<Value: DatabaseValueConvertible>(
        _ type: Value.Type = Value.self
    ) throws(QueueError) -> Value? {
        guard index < row.count else { throw unreadable(index) }
        defer { index += 1 }
        let stored: DatabaseValue = row[index]
        guard !stored.isNull else { return nil }
        guard let value = Value.fromDatabaseValue(stored) else { throw unreadable(index) }
        return value
    }

    /// The value that the next column's text stands for.
    mutating func next<Value>(_ parse: (String) -> Value?) throws(QueueError) -> Value {
        let column = index
        guard let value = parse(try next(String.self)) else { throw unreadable(column) }
        return value
    }

    private func unreadable(_ column: Int) -> QueueError {
        let name = column < row.count ? Array(row.columnNames)[column] : "a column"
        return .storage("daguerre.sqlite has a row whose \(name) cannot be read; restore it from a backup")
    }
}
