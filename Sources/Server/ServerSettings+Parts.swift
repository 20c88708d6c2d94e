import Daguerre
package import DaguerreGateway
import DaguerreJobs
import DaguerreTensors
import DaguerreWorker

/// What each part of the server is told of the settings.
extension ServerSettings {
    package var gateway: GatewayConfiguration {
        var gateway = GatewayConfiguration()
        gateway.host = host
        gateway.port = port
        if let tlsCertificate, let tlsKey {
            gateway.tls = GatewayConfiguration.TLSFiles(certificateChain: tlsCertificate, privateKey: tlsKey)
        }
        gateway.allowedOrigins = corsOrigins
        gateway.allowedHosts = hosts
        gateway.servesPage = page
        gateway.imageHosts = imageURLHosts
        gateway.publicAddress = publicAddress
        gateway.modelAliases = modelAliases
        gateway.metricsAreOpen = metricsOpen
        gateway.bounds.connections = connections
        gateway.bounds.connectionsPerAddress = connectionsPerAddress ?? connections
        gateway.bounds.uploadBytes = requestSize
        // Pictures in JSON are a third longer than they are, and there may be more than one.
        gateway.bounds.picturesBytes = requestSize + requestSize / 2
        gateway.drainDelaySeconds = drainDelay
        gateway.drainSeconds = drain
        return gateway
    }

    var limits: RequestLimits {
        var limits = RequestLimits()
        limits.count = maxImages
        limits.steps = maxSteps
        limits.sides = 64...maxSide
        limits.pixels = maxPixels
        return limits
    }

    var retention: Retention {
        var retention = Retention()
        retention.jobs = keepJobs
        retention.uploads = keepUploads
        return retention
    }

    /// - Parameter checker: where the checker of every model lies; each model's own where nil.
    func engine(checker: String?) -> EngineSettings {
        var engine = EngineSettings()
        engine.options.threads = threads
        engine.options.precision =
            switch precision {
            case .bfloat16: .bfloat16
            case .float32: .float32
            case nil: nil
            }
        engine.residentModels = residentModels
        engine.memoryBudget = memory
        engine.batchLimit = batch
        engine.safety = SafetyPolicy(safetyAction, checkerPath: safety == .off ? nil : checker)
        // A second of ten years is as good as never.
        engine.previewInterval = .seconds(previewsPerSecond > 0 ? 1 / previewsPerSecond : 3e8)
        engine.previewSource =
            switch previewDecoder {
            case .automatic: .automatic
            case .linear: .linear
            case .path(let path): .path(path)
            }
        engine.writesInfotext = infotext
        engine.writesProvenance = provenance
        return engine
    }

    private var safetyAction: SafetyPolicy.Action {
        switch safety {
        case .off: .off
        case .blur: .blur
        case .block: .block
        }
    }

    var worker: WorkerSettings {
        var worker = WorkerSettings()
        worker.gracePeriod = .seconds(drain)
        worker.logsPrompts = logPrompts
        return worker
    }
}
