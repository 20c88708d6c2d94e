import DaguerreJobs
import HTTPTypes

/// Every metric of the server that the gateway can see, by name; units are in the names.
struct GatewayMetrics: Sendable {
    private static let requestBuckets = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60]
    private static let jobBuckets = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900]

    let registry: MetricsRegistry

    /// Gauges are read off the queue and the connections when they are asked for.
    init(_ registry: MetricsRegistry, service: JobService, connections: OpenConnections) {
        self.registry = registry
        registry.addSource {
            var samples = [
                MetricsRegistry.Sample(
                    "daguerre_connections", "Connections that are open.", Double(connections.total)),
                MetricsRegistry.Sample(
                    "daguerre_draining", "Whether the server is about to end.", service.draining.isDraining ? 1 : 0),
            ]
            if let memory = ProcessMemory.residentBytes {
                samples.append(
                    MetricsRegistry.Sample(
                        "process_resident_memory_bytes", "Memory that the process holds.", Double(memory)))
            }
            // A queue that cannot say is left out: readyz tells of it.
            guard let depth = try? await service.queue.depth() else { return samples }
            for priority in JobPriority.allCases {
                samples.append(
                    MetricsRegistry.Sample(
                        "daguerre_jobs_queued", "Jobs that wait.", labels: [("priority", priority.rawValue)],
                        Double(depth.queued[priority] ?? 0)))
            }
            samples.append(MetricsRegistry.Sample("daguerre_jobs_running", "Jobs that run.", Double(depth.running)))
            samples.append(
                MetricsRegistry.Sample(
                    "daguerre_backlog_seconds", "Seconds of computing that unfinished jobs are thought to take yet.",
                    depth.backlogSeconds))
            return samples
        }
    }

    /// A request has been answered.
    func answered(_ method: HTTPRequest.Method, _ route: String, _ status: Int, _ elapsed: Duration) {
        let known: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]
        registry.observe(
            "daguerre_http_request_seconds", "Time to the head of an answer.", buckets: Self.requestBuckets,
            labels: [
                MetricsRegistry.label("method", known.contains(method) ? method.rawValue : "other"),
                MetricsRegistry.label("route", route), "status=\"\(status)\"",
            ], elapsed / .seconds(1))
    }

    /// A job has changed.
    func changed(_ job: JobRecord) {
        guard job.state.isTerminal else { return }
        registry.count(
            "daguerre_jobs_total", "Jobs that have ended.", labels: [MetricsRegistry.label("state", job.state.rawValue)]
        )
        if let finished = job.finished {
            registry.observe(
                "daguerre_job_seconds", "Time from a job's acceptance to its end.", buckets: Self.jobBuckets,
                labels: [MetricsRegistry.label("state", job.state.rawValue)],
                max(finished.seconds(since: job.submitted), 0))
        }
        if let started = job.started {
            registry.observe(
                "daguerre_job_wait_seconds", "Time from a job's acceptance to its first beginning.",
                buckets: Self.jobBuckets, max(started.seconds(since: job.submitted), 0))
        }
        switch job.outcome {
        case .succeeded(let images, let usage, _):
            took(usage)
            registry.count("daguerre_images_total", "Images that were drawn.", by: Double(images.count))
        case .blocked(_, let usage): took(usage)
        case .failed(let failure):
            registry.count(
                "daguerre_job_failures_total", "Jobs that failed, by the kind of failure.",
                labels: [MetricsRegistry.label("code", failure.code.rawValue)])
        case .cancelled, nil: break
        }
        for record in job.outcome?.safety ?? [] { judged(record) }
    }

    private func took(_ usage: JobUsage) {
        registry.count("daguerre_steps_total", "Denoising steps that were taken.", by: Double(usage.steps))
        for stage in usage.stages {
            registry.observe(
                "daguerre_job_stage_seconds", "Time that a stage of a job took.", buckets: Self.jobBuckets,
                labels: [MetricsRegistry.label("stage", stage.name)], stage.seconds)
        }
    }

    private func judged(_ safety: SafetyRecord) {
        registry.count(
            "daguerre_safety_verdicts_total", "Images that the safety checker judged, by what was done.",
            labels: [MetricsRegistry.label("action", safety.action.rawValue)])
    }
}
