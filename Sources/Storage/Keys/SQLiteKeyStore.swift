public import DaguerreAccess
import FoundationEssentials
import GRDB

/// API keys in the data folder's database.
public final class SQLiteKeyStore: KeyStore {
    private let pool: DatabasePool

    /// The keys of `database`.
    public init(_ database: ServerDatabase) { pool = database.pool }

    /// As the protocol says.
    public func keys() async throws -> [APIKey] {
        try await run { try Row.fetchAll($0, sql: Self.select + "ORDER BY created, id").map(Self.key) }
    }

    /// As the protocol says.
    public func key(_ id: String) async throws -> APIKey? {
        try await run { try Row.fetchOne($0, sql: Self.select + "WHERE id = ?", arguments: [id]).map(Self.key) }
    }

    /// As the protocol says.
    public func add(_ key: APIKey) async throws {
        let limits = String(decoding: try JSONEncoder().encode(key.limits), as: UTF8.self)
        try await change {
            try $0.execute(
                sql: "INSERT INTO keys (id, name, scope, limits, hash, created, revoked) VALUES (?, ?, ?, ?, ?, ?, ?)",
                arguments: [key.id, key.name, key.scope.rawValue, limits, Data(key.hash), key.created, key.revoked])
        }
    }

    /// As the protocol says.
    public func revoke(_ id: String, at milliseconds: Int64) async throws -> Bool {
        try await change {
            try $0.execute(
                sql: "UPDATE keys SET revoked = ? WHERE id = ? AND revoked IS NULL", arguments: [milliseconds, id])
            return $0.changesCount > 0
        }
    }

    private func run<R: Sendable>(_ body: @escaping @Sendable (Database) throws -> R) async throws -> R {
        do {
            return try await pool.read(body)
        } catch let error as DatabaseError {
            throw StorageError(error)
        }
    }

    private func change<R: Sendable>(_ body: @escaping @Sendable (Database) throws -> R) async throws -> R {
        do {
            return try await pool.write(body)
        } catch let error as DatabaseError {
            throw StorageError(error)
        }
    }

    private static let select = "SELECT id, name, scope, limits, hash, created, revoked FROM keys "

    private static func key(_ row: Row) throws -> APIKey {
        var row = StoredRow(row)
        return APIKey(
            id: try row.next(), name: try row.next(), scope: try row.next(Scope.init(rawValue:)),
            limits: try row.next { try? JSONDecoder().decode(KeyLimits.self, from: Data($0.utf8)) },
            hash: Array(try row.next(Data.self)), created: try row.next(), revoked: try row.nextIfPresent())
    }
}
