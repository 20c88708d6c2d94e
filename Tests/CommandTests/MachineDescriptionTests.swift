import Command
import Testing

@Suite struct MachineDescriptionTests {
    @Test func whatLinuxSaysOfAnX86ProcessorIsRead() {
        let machine = MachineDescription(
            processors:
                "processor\t: 0\nmodel name\t: AMD EPYC 9R14\nflags\t\t: fpu avx2 fma avx512f avx512_bf16 sse\n",
            memory: "MemTotal:       16384 kB\nMemFree: 1 kB\nMemAvailable:   8192 kB\n")
        #expect(machine.processor == "AMD EPYC 9R14")
        #expect(machine.features == ["avx2", "fma", "avx512f", "avx512_bf16"])
        #expect(machine.memoryBytes == 16384 * 1024)
        #expect(machine.availableMemoryBytes == 8192 * 1024)
    }

    @Test func whatLinuxSaysOfAnARMProcessorIsRead() {
        let machine = MachineDescription(processors: "Features\t: fp asimd bf16 i8mm\nModel\t: Board 5\n", memory: "")
        #expect(machine.processor == "Board 5")
        #expect(machine.features == ["asimd", "bf16", "i8mm"])
        #expect(machine.memoryBytes == nil)
    }

    @Test func whereLinuxSaysNothingNothingIsKnown() {
        let machine = MachineDescription(processors: "", memory: "MemTotal: many kB\n")
        #expect(machine == MachineDescription(processors: ":\n::", memory: ""))
        #expect(machine.processor == "unknown")
    }
}
