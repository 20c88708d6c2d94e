import GRDB

/// The database of a data folder: jobs, images and keys in one file, written by one connection.
public final class ServerDatabase: Sendable {
    let pool: DatabasePool

    /// What `PRAGMA user_version` says: how many of the steps the database has gone through.
    package static var version: Int { DatabaseSteps.all.count }

    /// Opens the database of the data folder at `path`; makes it if there is none.
    ///
    /// - Throws: ``StorageError`` if it cannot be used.
    public convenience init(_ path: String) throws { try self.init(path, mostPages: nil) }

    /// - Parameter mostPages: how large the file may become, in SQLite's pages; past it, SQLite says that the disk is full.
    package init(_ path: String, mostPages: Int?) throws {
        try makeFolder(path)
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            if let mostPages { _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(mostPages)") }
        }
        configuration.foreignKeysEnabled = true
        // `daguerre keys` writes beside a server.
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 4
        do {
            pool = try DatabasePool(path: path + "/daguerre.sqlite", configuration: configuration)
            // What was acknowledged survives a power cut. Not while it is being opened: GRDB then sets NORMAL for WAL.
            try pool.writeWithoutTransaction { try $0.setSynced(true) }
            try pool.write(Self.migrate)
        } catch let error as DatabaseError {
            throw StorageError(error)
        }
    }

    /// Whether a transaction that was written is on the disk, as SQLite says: the writer's `PRAGMA synchronous` is `FULL`.
    package var isDurable: Bool {
        get throws {
            try pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2
        }
    }

    private static func migrate(_ database: Database) throws {
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard found <= version else { throw StorageError.tooNew(version: found, known: version) }
        guard found < version else { return }
        for step in DatabaseSteps.all.dropFirst(max(found, 0)) { try database.execute(sql: step) }
        try database.execute(sql: "PRAGMA user_version = \(version)")
    }
}

extension Database {
    /// Has every transaction from now on wait for the disk when it is committed, or leave it to the system when that is written.
    func setSynced(_ isSynced: Bool) throws { try execute(sql: "PRAGMA synchronous = \(isSynced ? "FULL" : "NORMAL")") }
}

extension StorageError {
    init(_ error: DatabaseError) {
        switch error.resultCode {
        case .SQLITE_FULL: self = .full(name: "daguerre.sqlite")
        case .SQLITE_BUSY: self = .inUse
        case .SQLITE_READONLY:
            self = .file(name: "daguerre.sqlite", reason: "it is read-only; let daguerre write to it")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self = .file(name: "daguerre.sqlite", reason: "it is damaged; restore it from a backup")
        default: self = .file(name: "daguerre.sqlite", reason: error.message ?? "SQLite's error \(error.resultCode)")
        }
    }
}
