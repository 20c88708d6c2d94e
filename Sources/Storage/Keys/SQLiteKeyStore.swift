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
        try await run { try Row.fetchAll($0, sql: "SELECT * FROM keys ORDER BY created, id").map(Self.key) }
    }

    /// As the protocol says.
    public func key(_ id: String) async throws -> APIKey? {
        try await run { try Row.fetchOne($0, sql: "SELECT * FROM keys WHERE id = ?", arguments: [id]).map(Self.key) }
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

    private static func key(_ row: Row) throws -> APIKey {
        guard let scope = Scope(rawValue: row["scope"]),
            let limits = try? JSONDecoder().decode(KeyLimits.self, from: Data((row["limits"] as String).utf8))
        else { throw StorageError.file(name: "daguerre.sqlite", reason: "a key in it is of another version") }
        return APIKey(
            id: row["id"], name: row["name"], scope: scope, limits: limits, hash: Array(row["hash"] as Data),
            created: row["created"], revoked: row["revoked"])
    }
}
