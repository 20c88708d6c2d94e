/// How the database came to what it is: an old one goes through the steps that it lacks.
///
/// A step that was given out stays as it is.
enum DatabaseSteps {
    static let all = [first, remainders, traces]

    private static let first = """
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

    /// What remains of a forgotten job for a day, unseen: budgets and idempotency keys need it.
    private static let remainders = """
        ALTER TABLE jobs ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
        DROP INDEX jobs_finished;
        CREATE INDEX jobs_finished ON jobs (forgotten, finished) WHERE finished IS NOT NULL;
        """

    /// The request that a job came with.
    private static let traces = "ALTER TABLE jobs ADD COLUMN trace TEXT"
}
