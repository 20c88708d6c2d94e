/// What a queue remembers beside the jobs that wait and run: every job, idempotency keys and uploads.
///
/// ``JobLedger`` decides, an archive only keeps and finds.
package protocol JobArchive {
    /// Keeps a job that has just been accepted as the `number`th.
    mutating func insert(_ record: JobRecord, number: Int64, of submission: JobSubmission) throws(QueueError)
    /// Keeps a change of a job; `spentSeconds` of computing are added to what it has taken.
    mutating func update(_ record: JobRecord, spentSeconds: Double) throws(QueueError)
    /// The job of that name.
    func job(_ id: JobIdentifier) throws(QueueError) -> JobRecord?
    /// Those that `filter` shows, newest first.
    func jobs(_ filter: JobFilter) throws(QueueError) -> [JobRecord]
    /// The job that `owner` submitted under `key` since `moment`, what remains of it where it is forgotten, and the body's digest.
    func submission(
        _ key: String, of owner: Owner, since moment: Timestamp
    ) throws(QueueError) -> (job: JobRecord, bodyDigest: String)?
    /// When jobs of `owner` ended since `moment`, forgotten ones, too, and what each took, the oldest first.
    func spending(of owner: Owner, since moment: Timestamp) throws(QueueError) -> [(end: Timestamp, seconds: Double)]
    /// Keeps `image` as an upload of `owner`, made now if it was one already.
    mutating func addUpload(_ image: StoredImage, owner: Owner, at now: Timestamp) throws(QueueError)
    /// The upload or the result `digest`, if it is `owner`'s; any owner's if nil.
    func image(_ digest: BlobDigest, owner: Owner?) throws(QueueError) -> StoredImage?
    /// Whether an upload or a result is `digest`.
    func isReferred(_ digest: BlobDigest) throws(QueueError) -> Bool
    /// Forgets jobs that ended, uploads that were made and keys that were used up to these moments.
    ///
    /// - Parameters:
    ///   - remainders: of a forgotten job that ended after this moment its ``JobRecord/remainder`` is kept, unseen.
    ///   - needed: uploads to keep.
    /// - Returns: digests of what was forgotten.
    mutating func forget(
        jobs: Timestamp, remainders: Timestamp, uploads: Timestamp, keys: Timestamp, except needed: Set<BlobDigest>
    ) throws(QueueError) -> Set<BlobDigest>
}

extension JobRecord {
    /// What is left of a job that is forgotten before its day is over: how it ended and when, for whoever submits it again,
    /// but neither what was asked for nor what was drawn.
    package var remainder: JobRecord {
        var outcome = outcome
        if case .succeeded(_, let usage, let safety) = outcome { outcome = .succeeded([], usage, safety: safety) }
        return JobRecord(
            id: id, owner: owner, request: JobRequest(""), priority: priority, lifecycle: lifecycle,
            submitted: submitted, started: started, finished: finished, estimatedSeconds: estimatedSeconds,
            outcome: outcome)
    }
}
