import DaguerreImaging
import DaguerrePixels
import Foundation
import Synchronization
import Testing

@Suite(.serialized) struct InterruptionTests {
    @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
    func aSignalEndsTheRunWithinAStepAndLeavesNoFile(signal: Int32, status: Int32) async throws {
        let folder = try Folder()
        let sent = Mutex<ContinuousClock.Instant?>(nil)
        // Large, so that a thousand steps take minutes, however late the test hears of the second one.
        let arguments = ["generate", "a cat", "--width", "512", "--height", "512", "--steps", "1000"]
        let run = try await Run.program("daguerre", arguments, in: folder) { errors, process in
            sent.withLock { sent in
                guard sent == nil, errors.contains("step 2/1000") else { return }
                sent = .now
                process.send(signal)
            }
        }
        let instant = try #require(sent.withLock { $0 })
        #expect(run.status == status)
        #expect(run.errors.hasSuffix("daguerre: interrupted\n"), "\(run.errors.suffix(200))")
        #expect(run.output == "")
        #expect(try folder.names() == [])
        // Far above a step, far below a thousand of them.
        #expect(ContinuousClock.now - instant < .seconds(20))
        let steps = run.errors.split(separator: "\n").filter { $0.hasPrefix("step ") }.count
        #expect(steps < 500)
    }

    @Test func picturesThatAreDoneStayWhereARunIsEnded() async throws {
        let folder = try Folder()
        let sent = Mutex(false)
        let run = try await Run.program(
            "daguerre", ["generate", "a cat", "--steps", "2", "--count", "1000"], in: folder
        ) { errors, process in
            sent.withLock { sent in
                guard !sent, errors.contains("picture 3/1000") else { return }
                sent = true
                process.send(SIGINT)
            }
        }
        #expect(run.status == 130)
        #expect((2..<1000).contains(run.paths.count))
        #expect(try folder.names() == run.paths.sorted())
        for path in run.paths { #expect(try folder.picture(path).image.width == 128) }
    }
}
