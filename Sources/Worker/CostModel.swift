public import DaguerreJobs
import Synchronization

/// Foretells how long jobs take by how long those before them took: seconds for each step and megapixel, learnt per model.
public final class CostModel: Sendable {
    /// What was learnt.
    private struct State {
        /// Seconds for each unit of work, the latest jobs counting most.
        var rates: [String: Double] = [:]
        /// The same over all models, for those that no job has used yet.
        var general: Double
    }

    private let state: Mutex<State>

    /// How much the latest job counts.
    private static let newest = 0.25
    /// Models that are remembered; requests name those of the registry only, of which there are fewer.
    private static let mostModels = 1000

    /// Nothing is learnt yet: a step of a megapixel is taken to last so many seconds.
    public init(secondsPerStepAndMegapixel: Double = 2) {
        state = Mutex(State(general: max(secondsPerStepAndMegapixel, 0)))
    }

    /// Seconds of computing that `request` is thought to take.
    public func seconds(for request: JobRequest) -> Double {
        let rate = state.withLock { state in request.model.flatMap { state.rates[$0] } ?? state.general }
        return rate * Self.work(request)
    }

    /// Learns of a job that took `usage`; loading, which the next job need not do again, does not count.
    public func learn(_ request: JobRequest, _ usage: JobUsage) {
        let seconds = usage.stages.reduce(0) { $0 + ($1.name == "load" ? 0 : $1.seconds) }
        let work = Self.work(request)
        guard work > 0, seconds.isFinite, seconds >= 0 else { return }
        let rate = seconds / work
        state.withLock { state in
            state.general += Self.newest * (rate - state.general)
            guard let model = request.model else { return }
            if let known = state.rates[model] {
                state.rates[model] = known + Self.newest * (rate - known)
            } else if state.rates.count < Self.mostModels {
                state.rates[model] = rate
            }
        }
    }

    /// Steps times megapixels of all images and passes.
    ///
    /// What the model chooses is taken as usual; as that is the same for
    /// what is learnt and what is foretold, it cancels out.
    private static func work(_ request: JobRequest) -> Double {
        let steps = Double(request.steps ?? 30)
        let (width, height) = (Double(request.width ?? 512), Double(request.height ?? 512))
        let share = request.image?.strength ?? 1
        // Text, decoding and writing take about as long as two steps.
        var work = (steps * share + 2) * width * height
        if let hires = request.hires {
            let scale = hires.scale ?? 2
            let pixels = Double(hires.width ?? Int(width * scale)) * Double(hires.height ?? Int(height * scale))
            work += (Double(hires.steps ?? request.steps ?? 30) * hires.strength + 2) * pixels
        }
        // Without guidance a step evaluates the model once in place of twice.
        let evaluations = (request.guidanceScale ?? 7.5) > 1 ? 1 : 0.5
        return work * evaluations * Double(max(request.count, 0)) / 1e6
    }
}
