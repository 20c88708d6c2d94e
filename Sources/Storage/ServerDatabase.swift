import GRDB

/// The database of a data folder: jobs, images and keys in one file, written by one connection.
public final class ServerDatabase: Sendable {
    let pool: DatabasePool
    let writer: GroupedWriter

    /// What `PRAGMA user_version` says.
    private static let version = 1

    /// Opens the database of the data folder at `path`; makes it if there is none.
    ///
    /// - Throws: ``StorageError`` if it cannot be used.
    public init(_ path: String) throws {
        try makeFolder(path)
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            // What was acknowledged survives a power cut.
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        configuration.foreignKeysEnabled = true
        // `daguerre keys` writes beside a server.
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 4
        do {
            pool = try DatabasePool(path: path + "/daguerre.sqlite", configuration: configuration)
            try pool.write(Self.migrate)
        } catch let error as DatabaseError {
            throw StorageError(error)
        }
        writer = GroupedWriter(pool)
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
            id TEXT PRIMARY KEY NOT NULL, owner TEXT NOT NULL, priority INTEGER NOT NULL, state TEXT NOT NULL,
            attempt INTEGER NOT NULL, losses INTEGER NOT NULL, lease_end INTEGER, cancel_requested INTEGER NOT NULL,
            deadline INTEGER, submitted INTEGER NOT NULL, started INTEGER, finished INTEGER,
            estimated REAL NOT NULL, model TEXT, batch TEXT NOT NULL, request TEXT NOT NULL, outcome TEXT
        );
        CREATE INDEX jobs_queued ON jobs (priority, owner, id) WHERE state = 'queued';
        CREATE INDEX jobs_running ON jobs (lease_end) WHERE state = 'running';
        CREATE INDEX jobs_unfinished ON jobs (owner, estimated) WHERE finished IS NULL;
        CREATE INDEX jobs_batch ON jobs (batch, priority, id) WHERE state = 'queued';
        CREATE INDEX jobs_deadline ON jobs (deadline) WHERE state = 'queued' AND deadline IS NOT NULL;
        CREATE INDEX jobs_owner ON jobs (owner, id);
        CREATE INDEX jobs_finished ON jobs (finished) WHERE finished IS NOT NULL;
        CREATE TABLE submissions (
            owner TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, job TEXT NOT NULL, time INTEGER NOT NULL,
            PRIMARY KEY (owner, key)
        ) WITHOUT ROWID;
        CREATE INDEX submissions_time ON submissions (time);
        CREATE TABLE usage (owner TEXT NOT NULL, time INTEGER NOT NULL, seconds REAL NOT NULL);
        CREATE INDEX usage_owner ON usage (owner, time);
        CREATE TABLE images (
            digest TEXT NOT NULL, owner TEXT NOT NULL, job TEXT NOT NULL, media_type TEXT NOT NULL,
            byte_count INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, time INTEGER NOT NULL,
            PRIMARY KEY (digest, owner, job)
        ) WITHOUT ROWID;
        CREATE INDEX images_job ON images (job);
        CREATE TABLE uses (digest TEXT NOT NULL, job TEXT NOT NULL, PRIMARY KEY (digest, job)) WITHOUT ROWID;
        CREATE INDEX uses_job ON uses (job);
        CREATE TABLE keys (
            id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, scope TEXT NOT NULL, limits TEXT NOT NULL,
            hash BLOB NOT NULL, created INTEGER NOT NULL, revoked INTEGER
        );
        """
}

extension StorageError {
    init(_ error: DatabaseError) {
        switch error.resultCode {
        case .SQLITE_FULL: self = .full(name: "daguerre.sqlite")
        case .SQLITE_BUSY: self = .inUse
        default: self = .file(name: "daguerre.sqlite", reason: error.message ?? "SQLite's error \(error.resultCode)")
        }
    }
}
