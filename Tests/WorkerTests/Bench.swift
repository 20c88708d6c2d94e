import Daguerre
import DaguerreJobs
import DaguerreRegistry
import DaguerreWorker
import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

/// A runner over a models folder to be filled, with a blob store, and what it reports.
final class Bench: Sendable {
    let models: ScratchFolder
    let blobs = MemoryBlobs()
    let settings: EngineSettings
    private let reports = Mutex<[JobProgress]>([])

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init(_ change: (inout EngineSettings) -> Void = { _ in }) throws {
        models = try ScratchFolder()
        var settings = EngineSettings()
        settings.options = EngineOptions(precision: .float32, threads: 1)
        settings.previewInterval = .milliseconds(20)
        // Beside a tiny model's steps a preview takes long.
        settings.previewShare = 1
        change(&settings)
        self.settings = settings
    }

    /// What was reported since the last call.
    func takeReports() -> [JobProgress] {
        reports.withLock { reports in
            defer { reports = [] }
            return reports
        }
    }

    func runner() async throws -> EngineRunner {
        let registry = try await FolderRegistry(folder: models.path, lookInterval: .zero)
        return try EngineRunner(registry: registry, blobs: blobs, settings: settings, logger: Self.logger)
    }

    /// Puts `tensors` into a file of the models folder.
    func write(_ tensors: [(name: String, tensor: HostTensor)], to file: String) throws {
        try SafetensorsWriter.write(tensors, to: prepared(file))
    }

    /// Puts a file or folder of the fixtures into the models folder.
    func copy(_ fixture: String, to file: String) throws {
        try FileManager.default.copyItem(atPath: Fixture.path(fixture), toPath: prepared(file))
    }

    private func prepared(_ file: String) throws -> String {
        let url = URL(filePath: models.path + "/" + file)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        return url.path
    }

    /// Runs `request` and says how it ended; nil where the runner did not say.
    func run(
        _ request: JobRequest, on runner: EngineRunner? = nil,
        isCancelled: @escaping @Sendable (Bench) -> Bool = { _ in false }
    ) async throws -> JobOutcome? {
        let lease = Self.lease(request)
        let outcome = Mutex<JobOutcome?>(nil)
        let runner = if let runner { runner } else { try await self.runner() }
        await runner.run(
            [lease], isCancelled: { _ in isCancelled(self) },
            report: { _, progress in self.reports.withLock { $0.append(progress) } },
            finish: { id, ended in
                #expect(id == lease.job.id)
                outcome.withLock { outcome in
                    #expect(outcome == nil)
                    outcome = ended
                }
            })
        return outcome.withLock { $0 }
    }

    /// Reports so far, left where they are.
    var reportCount: Int { reports.withLock { $0.count { $0.stage == .denoising } } }

    /// The images of `request`, which must succeed.
    func images(_ request: JobRequest, on runner: EngineRunner? = nil) async throws -> [(JobImage, Image)] {
        let outcome = try await run(request, on: runner)
        guard case .succeeded(let images, _, _) = outcome else {
            Issue.record("\(String(describing: outcome))")
            return []
        }
        var result: [(JobImage, Image)] = []
        for image in images {
            let bytes = try #require(await blobs.read(image.digest, range: nil))
            #expect(bytes.count == image.byteCount)
            let contents = try ImageFile.decode(bytes)
            #expect("image/" + contents.format.rawValue == image.mediaType)
            #expect((contents.image.width, contents.image.height) == (image.width, image.height))
            result.append((image, contents.image.converted(to: .rgb)))
        }
        return result
    }

    /// Why `request` failed, which it must.
    func failure(_ request: JobRequest, on runner: EngineRunner? = nil) async throws -> JobFailure {
        let outcome = try await run(request, on: runner)
        guard case .failed(let failure) = outcome else {
            Issue.record("\(String(describing: outcome))")
            return JobFailure(.internalError, "")
        }
        #expect(!failure.message.contains("\n") && !failure.message.contains(models.path))
        return failure
    }

    /// Keeps `image` as an upload.
    func upload(_ image: Image) async throws -> BlobDigest { try await blobs.put(PNG.encode(image)) }

    static func lease(_ request: JobRequest) -> JobLease {
        let now = Timestamp(milliseconds: 1_000_000)
        return JobLease(
            JobRecord(JobSubmission(request, owner: .local), id: JobIdentifier(at: now), at: now), attempt: 1)
    }

    /// A small, quick request.
    static func request(_ prompt: String = "a red apple", seed: UInt64 = 7, steps: Int = 3) -> JobRequest {
        var request = JobRequest(prompt)
        (request.seed, request.steps, request.width, request.height) = (seed, steps, 64, 64)
        return request
    }
}

extension Image {
    /// A picture of `width × height` in which no two columns or rows are alike.
    static func pattern(_ width: Int, _ height: Int) -> Image {
        let pixels = (0..<width * height).flatMap { place -> [UInt8] in
            let (x, y) = (place % width, place / width)
            return [UInt8(x * 255 / width), UInt8(y * 255 / height), UInt8((x * 7 + y * 3) % 256)]
        }
        return Image(width: width, height: height, pixels: pixels)
    }
}
