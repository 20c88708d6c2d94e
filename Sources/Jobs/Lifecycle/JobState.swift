/// Where a job is in its life.
public enum JobState: String, Codable, CaseIterable, Sendable {
    /// Waits for a worker.
    case queued
    /// A worker holds its lease.
    case running
    /// Its images are stored.
    case succeeded
    /// It cannot be done; the record says why.
    case failed
    /// Whoever asked for it no longer wants it.
    case cancelled
    /// Its deadline passed before it was done.
    case expired
    /// It was drawn, and the safety policy lets none of its images out.
    case blocked

    /// Whether nothing more will happen to it: every job reaches exactly one such state and stays there.
    public var isTerminal: Bool { self != .queued && self != .running }
}
