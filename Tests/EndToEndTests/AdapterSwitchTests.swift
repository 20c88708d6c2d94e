import TestSupport
import Testing

@Suite struct AdapterSwitchTests {
    /// In a process of its own, so that what is resident is what switches leave.
    @Test func aThousandSwitchesLeaveMemoryFlatAndTheBaseAsItWas() async throws {
        let run = try await Run.program(
            "AdapterBenchmark",
            [
                "--model", Fixture.path("pipelines/tiny"), "--rank", "4", "--switches", "1000", "--size", "0",
                "--threads", "1",
            ], in: Folder())
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        #expect(run.output.contains("freed to the byte: true; base output the same to the bit: true"))
    }
}
