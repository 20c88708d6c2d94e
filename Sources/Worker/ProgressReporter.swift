import DaguerreJobs
import DaguerrePipelines
import Synchronization

/// Tells how far a job is, not too often; may be called on any thread, and never waits.
final class ProgressReporter: Sendable {
    private struct State {
        var clock = StepClock()
        var progress = JobProgress(.loading)
        var lastStep, lastReport: ContinuousClock.Instant?
        var lastPreview: (start: ContinuousClock.Instant, duration: Duration)?
    }

    private let state = Mutex(State())
    private let previewInterval: Duration
    private let previewShare: Double
    private let report: @Sendable (JobProgress) -> Void

    /// The least time between two reports of steps: the fastest model takes hundreds a second.
    private static let interval = Duration.milliseconds(50)

    /// Asks for previews at most once in an interval, and so seldom that they take no more than `previewShare` of the time.
    init(
        previewInterval: Duration, previewShare: Double, _ report: @escaping @Sendable (JobProgress) -> Void
    ) {
        self.previewInterval = previewInterval
        self.previewShare = min(max(previewShare, 0.001), 1)
        self.report = report
    }

    /// Another stage begins.
    func enter(_ stage: JobProgress.Stage) {
        let progress = state.withLock { state in
            state.progress.stage = stage
            return state.progress
        }
        report(progress)
    }

    /// A step is done; `preview` is asked for a picture of how it stands, where one is due.
    func step(_ step: Progress.Step, preview: () -> JobProgress.Preview?) {
        let now = ContinuousClock.now
        let (isDue, isPreviewDue) = state.withLock { state in
            let elapsed = state.lastStep.map { now - $0 } ?? step.duration
            state.lastStep = now
            state.clock.advance(to: step.share, seconds: elapsed.seconds)
            state.progress = JobProgress(
                .denoising, step: step.done, steps: step.total, image: step.image, secondsLeft: state.clock.secondsLeft)
            let isDue = step.done == step.total || state.lastReport.map { now - $0 >= Self.interval } ?? true
            let isPreviewDue =
                state.lastPreview.map { now - $0.start >= max(previewInterval, $0.duration / previewShare) } ?? true
            if isDue { state.lastReport = now }
            return (isDue, isPreviewDue)
        }
        var progress = state.withLock { $0.progress }
        if isPreviewDue {
            progress.preview = preview()
            // One that cannot be made is not tried at every step, either.
            state.withLock { $0.lastPreview = (now, ContinuousClock.now - now) }
        }
        if isDue || progress.preview != nil { report(progress) }
    }
}

extension Duration {
    /// In seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
