public import DaguerreJobs
import GRDB

extension SQLiteJobQueue {
    /// The job of an image that was uploaded.
    private static let upload = ""

    static func insert(
        _ image: StoredImage, owner: Owner, job: String, _ database: Database, at now: Timestamp
    ) throws {
        try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO images (digest, owner, job, media_type, byte_count, width, height, time)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            image.digest.description, owner.name, job, image.mediaType, image.byteCount, image.width, image.height,
            now.milliseconds,
        ])
    }

    /// As the protocol says.
    public func addUpload(_ image: StoredImage, owner: Owner) async throws(QueueError) {
        let now = clock()
        try await change { database in
            try Self.insert(image, owner: owner, job: Self.upload, database, at: now)
            return ((), [])
        }
    }

    /// As the protocol says.
    public func image(_ digest: BlobDigest, owner: Owner?) async throws(QueueError) -> StoredImage? {
        try await read { database in
            let row = try Row.fetchOne(
                database.cachedStatement(
                    sql: "SELECT * FROM images WHERE digest = ?1 AND (?2 IS NULL OR owner = ?2) LIMIT 1"),
                arguments: [digest.description, owner?.name])
            return row.map {
                StoredImage(
                    digest: digest, mediaType: $0["media_type"], byteCount: $0["byte_count"], width: $0["width"],
                    height: $0["height"])
            }
        }
    }

    /// As the protocol says.
    public func isReferred(_ digest: BlobDigest) async throws(QueueError) -> Bool {
        try await read { database in try Self.isReferred(digest.description, database) }
    }

    private static func isReferred(_ digest: String, _ database: Database) throws -> Bool {
        try Bool.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM images WHERE digest = ?1)
                        OR EXISTS (SELECT 1 FROM uses JOIN jobs ON jobs.id = uses.job
                                   WHERE uses.digest = ?1 AND jobs.finished IS NULL)
                    """), arguments: [digest]) ?? false
    }

    /// As the protocol says.
    public func sweep(_ retention: Retention) async throws(QueueError) -> [BlobDigest] {
        try await endLeases()
        let now = clock()
        return try await change { database in
            let oldJobs = (now + -retention.jobs).milliseconds, oldUploads = (now + -retention.uploads).milliseconds
            let unused = """
                job = '' AND time <= ? AND NOT EXISTS (
                    SELECT 1 FROM uses JOIN jobs ON jobs.id = uses.job
                    WHERE uses.digest = images.digest AND jobs.finished IS NULL)
                """
            let old = "job IN (SELECT id FROM jobs WHERE finished <= ?)"
            var digests = Set(
                try String.fetchAll(
                    database,
                    sql: "SELECT digest FROM images WHERE \(unused) UNION SELECT digest FROM images WHERE \(old)",
                    arguments: [oldUploads, oldJobs]))
            digests.formUnion(
                try String.fetchAll(database, sql: "SELECT digest FROM uses WHERE \(old)", arguments: [oldJobs]))
            try database.execute(sql: "DELETE FROM images WHERE \(unused)", arguments: [oldUploads])
            try database.execute(sql: "DELETE FROM images WHERE \(old)", arguments: [oldJobs])
            try database.execute(sql: "DELETE FROM uses WHERE \(old)", arguments: [oldJobs])
            try database.execute(sql: "DELETE FROM jobs WHERE finished <= ?", arguments: [oldJobs])
            try database.execute(
                sql: "DELETE FROM submissions WHERE time <= ?",
                arguments: [(now + -retention.idempotencyKeys).milliseconds])
            try database.execute(sql: "DELETE FROM usage WHERE time <= ?", arguments: [(now + -86400).milliseconds])
            let free = try digests.sorted().filter { try !Self.isReferred($0, database) }
            return (free.compactMap(BlobDigest.init), [])
        }
    }
}
