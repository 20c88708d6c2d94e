/// An archive in memory, for ``MemoryJobQueue``.
package struct MemoryArchive: JobArchive, Sendable {
    private struct Job {
        var record: JobRecord
        var spentSeconds = 0.0
        /// Whether ``record`` is only what remains.
        var isForgotten = false
    }

    private struct Submitted: Hashable {
        let owner: Owner, key: String
    }

    private struct Upload {
        let image: StoredImage
        let owner: Owner
        var made: Timestamp
    }

    private var jobs: [JobIdentifier: Job] = [:]
    private var submissions: [Submitted: (job: JobIdentifier, bodyDigest: String, made: Timestamp)] = [:]
    private var uploads: [Upload] = []

    package init() {}

    package mutating func insert(_ record: JobRecord, number: Int64, of submission: JobSubmission) {
        jobs[record.id] = Job(record: record)
        if let key = submission.idempotencyKey {
            submissions[Submitted(owner: record.owner, key: key)] = (record.id, submission.bodyDigest, record.submitted)
        }
    }

    package mutating func update(_ record: JobRecord, spentSeconds: Double) {
        jobs[record.id] = Job(record: record, spentSeconds: (jobs[record.id]?.spentSeconds ?? 0) + spentSeconds)
    }

    package func job(_ id: JobIdentifier) -> JobRecord? { jobs[id].flatMap { $0.isForgotten ? nil : $0.record } }

    package func jobs(_ filter: JobFilter) -> [JobRecord] {
        let shown = jobs.values.lazy.filter { !$0.isForgotten }.map(\.record).filter { record in
            record.owner == filter.owner && (filter.states.isEmpty || filter.states.contains(record.state))
                && filter.before.map { record.id.description < $0.description } ?? true
        }
        return Array(shown.sorted { $0.id.description > $1.id.description }.prefix(max(filter.limit, 0)))
    }

    package func submission(
        _ key: String, of owner: Owner, since moment: Timestamp
    ) -> (job: JobRecord, bodyDigest: String)? {
        guard let known = submissions[Submitted(owner: owner, key: key)], known.made > moment,
            let job = jobs[known.job]
        else { return nil }
        return (job.record, known.bodyDigest)
    }

    package func spending(of owner: Owner, since moment: Timestamp) -> [(end: Timestamp, seconds: Double)] {
        let spending = jobs.values.compactMap { job -> (end: Timestamp, seconds: Double)? in
            guard job.record.owner == owner, let end = job.record.finished, end > moment, job.spentSeconds > 0 else {
                return nil
            }
            return (end, job.spentSeconds)
        }
        return spending.sorted { $0.end < $1.end }
    }

    package mutating func addUpload(_ image: StoredImage, owner: Owner, at now: Timestamp) {
        uploads.removeAll { $0.owner == owner && $0.image.digest == image.digest }
        uploads.append(Upload(image: image, owner: owner, made: now))
    }

    package func image(_ digest: BlobDigest, owner: Owner?) -> StoredImage? {
        if let upload = uploads.first(where: { $0.image.digest == digest && (owner == nil || $0.owner == owner) }) {
            return upload.image
        }
        let own = jobs.values.lazy.map(\.record).filter { owner == nil || $0.owner == owner }
        let drawn = own.flatMap(\.images).filter { $0.digest == digest }
        return (drawn.first { !$0.isUnjudged } ?? drawn.first).map(StoredImage.init)
    }

    package func isReferred(_ digest: BlobDigest) -> Bool { image(digest, owner: nil) != nil }

    package mutating func forget(
        jobs jobMoment: Timestamp, remainders remainderMoment: Timestamp, uploads uploadMoment: Timestamp,
        keys keyMoment: Timestamp, except needed: Set<BlobDigest>
    ) -> Set<BlobDigest> {
        var forgotten: Set<BlobDigest> = []
        for (id, job) in jobs {
            guard let finished = job.record.finished, finished <= jobMoment else { continue }
            forgotten.formUnion(job.record.images.map(\.digest))
            jobs[id] =
                finished <= remainderMoment
                ? nil : Job(record: job.record.remainder, spentSeconds: job.spentSeconds, isForgotten: true)
        }
        uploads.removeAll { upload in
            guard upload.made <= uploadMoment, !needed.contains(upload.image.digest) else { return false }
            forgotten.insert(upload.image.digest)
            return true
        }
        submissions = submissions.filter { $0.value.made > keyMoment }
        return forgotten
    }
}

extension JobRecord {
    /// What it drew.
    package var images: [JobImage] { if case .succeeded(let images, _, _) = outcome { images } else { [] } }
}

extension StoredImage {
    /// The file of an image that a job drew.
    package init(_ image: JobImage) {
        self.init(
            digest: image.digest, mediaType: image.mediaType, byteCount: image.byteCount, width: image.width,
            height: image.height, isUnjudged: image.isUnjudged)
    }
}
