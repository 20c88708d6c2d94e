import DaguerreGateway
import DaguerreJobs
import GatewaySupport
import Testing

@Suite struct WaitingTests {
    /// Longer than it looks at the record, many times over.
    @Test func aLongWaitEndsWithTheJob() async throws {
        var drawing = StubServer.Drawing()
        drawing.step = .milliseconds(20)
        let server = StubServer(drawing)
        try await server.running {
            var request = JobRequest("a")
            request.steps = 30
            let job = try await server.service.submit(request, by: .local).job
            let ended = try await server.service.wait(for: job.id, by: .local, lookingEvery: 0.01)
            #expect(ended.state == .succeeded)
        }
    }

    @Test func aWaitMayEndBeforeTheJob() async throws {
        var drawing = StubServer.Drawing()
        drawing.isOn = false
        let server = StubServer(drawing)
        try await server.running {
            let job = try await server.service.submit(JobRequest("a"), by: .local).job
            let record = try await server.service.wait(for: job.id, by: .local, atMost: 0.05, lookingEvery: 0.01)
            #expect(record.state == .queued)
        }
    }
}
