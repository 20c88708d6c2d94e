import GRDB

/// The database of a data folder: jobs, images and keys in one file, written by one connection.
public final class ServerDatabase: Sendable {
    let pool: DatabasePool

    /// What `PRAGMA user_version` says.
    private static let version = 1

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
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
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
        try database.execute(sql: schema)
        try database.execute(sql: "PRAGMA user_version = \(version)")
    }

    private static let schema = """
        CREATE TABLE jobs (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            owner TEXT NOT NULL,
            priority TEXT NOT NULL,
            state TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            losses INTEGER NOT NULL,
            lease_end INTEGER,
            cancel_requested INTEGER NOT NULL,
            deadline INTEGER,
            submitted INTEGER NOT NULL,
            started INTEGER,
            finished INTEGER,
            estimated_seconds REAL NOT NULL,
            spent_seconds REAL NOT NULL DEFAULT 0,
            request TEXT NOT NULL,
            outcome TEXT
        );
        CREATE INDEX jobs_of_owners ON jobs (owner, id);
        CREATE INDEX jobs_unfinished ON jobs (number) WHERE finished IS NULL;
        CREATE INDEX jobs_spending ON jobs (owner, finished) WHERE finished IS NOT NULL;
        CREATE INDEX jobs_finished ON jobs (finished) WHERE finished IS NOT NULL;
        CREATE TABLE results (
            job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
            digest TEXT NOT NULL,
            owner TEXT NOT NULL,
            media_type TEXT NOT NULL,
            byte_count INTEGER NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL
        );
        CREATE INDEX results_of_jobs ON results (job);
        CREATE INDEX results_by_digest ON results (digest);
        CREATE TABLE uploads (
            digest TEXT NOT NULL,
            owner TEXT NOT NULL,
            media_type TEXT NOT NULL,
            byte_count INTEGER NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            made INTEGER NOT NULL,
            PRIMARY KEY (digest, owner)
        ) WITHOUT ROWID;
        CREATE INDEX uploads_made ON uploads (made);
        CREATE TABLE submissions (
            owner TEXT NOT NULL,
            key TEXT NOT NULL,
            body_digest TEXT NOT NULL,
            job TEXT NOT NULL,
            made INTEGER NOT NULL,
            PRIMARY KEY (owner, key)
        ) WITHOUT ROWID;
        CREATE INDEX submissions_made ON submissions (made);
        CREATE TABLE numbers (next INTEGER NOT NULL);
        INSERT INTO numbers VALUES (1);
        CREATE TABLE keys (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            scope TEXT NOT NULL,
            limits TEXT NOT NULL,
            hash BLOB NOT NULL,
            created INTEGER NOT NULL,
            revoked INTEGER
        );
        """
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
