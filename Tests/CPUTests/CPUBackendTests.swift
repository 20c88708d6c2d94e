import DaguerreCPU
import DaguerreTensors
import Testing

@Suite struct CPUBackendTests {
    @Test func halfPrecisionIsRefused() {
        #expect(throws: BackendError.unsupportedElementType(operation: "CPU backend", .float16)) {
            try CPUBackend(precision: .float16)
        }
    }

    @Test func threadsAreThoseOfTheMachineUnlessGiven() throws {
        #expect(CPUBackend.defaultThreadCount >= 1)
        #expect(try CPUBackend().threadCount == CPUBackend.defaultThreadCount)
        #expect(try CPUBackend(threads: 3).threadCount == 3)
        #expect(try CPUBackend(threads: -5).threadCount == 1)
    }

    @Test func aMissingVendorLibraryIsAWarningAndNoMore() throws {
        let backend = try CPUBackend(precision: .float32, threads: 2, useVendorLibrary: false)
        #expect(backend.vendorLibrary == nil)
        #expect(backend.warnings.isEmpty, "it was asked for")
        let other = try CPUBackend()
        #expect(other.warnings.isEmpty == (other.vendorLibrary != nil))
    }

    @Test func tensorsThatCannotFitAreRefused() throws {
        let backend = try CPUBackend(precision: .float32, threads: 1)
        let before = backend.memory
        let vector = try backend.upload(HostTensor([1], shape: [1, 1, 1, 1]), as: .float32)
        let weight = try backend.prepareUpsampleConvolution(
            "w", weight: HostTensor([Float](repeating: 1, count: 9), shape: [1, 1, 3, 3]), bias: nil)
        #expect(throws: BackendError.outOfMemory(byteCount: 1 << 50)) {
            try backend.upsampleConvolution(vector, weight, height: 1 << 24, width: 1 << 24)
        }
        #expect(backend.memory.peakBytes < before.peakBytes + 4096)
    }

    @Test(arguments: [true, false])
    func weightsWithoutBytesStandInAsZeros(usesVendorLibrary: Bool) throws {
        func absent(_ shape: Shape) -> HostTensor {
            HostTensor(
                shape: shape, elementType: .float32, bytes: UnsafeRawBufferPointer(start: nil, count: 0), owner: nil)
        }
        let backend = try CPUBackend(precision: .float32, threads: 2, useVendorLibrary: usesVendorLibrary)
        let linear = try backend.prepareLinear("w", weight: absent([1024, 1024]), bias: absent([1024]))
        let x = try backend.upload(HostTensor([Float](repeating: 1, count: 1024), shape: [1, 1024]), as: .float32)
        #expect(try backend.download(backend.linear(x, linear)).floats.allSatisfy { $0 == 0 })
        let norm = try backend.prepareNorm("n", scale: absent([1024]), shift: absent([1024]))
        #expect(try backend.download(backend.layerNorm(x, norm, epsilon: 1)).floats.allSatisfy { $0 == 0 })
        _ = try backend.prepareConvolution(
            "c", weight: absent([64, 64, 3, 3]), bias: nil, stride: 1, padding: Padding(1))
        _ = try backend.prepareUpsampleConvolution("u", weight: absent([64, 64, 3, 3]), bias: nil)
    }

    @Test func anotherBackendsTensorsAreRefused() throws {
        final class Foreign: TensorStorage {}
        let backend = try CPUBackend(precision: .float32, threads: 1)
        let x = Tensor(shape: [1, 4], elementType: .float32, storage: Foreign())
        #expect(throws: BackendError.foreignStorage(operation: "activate")) { try backend.activate(x, .silu) }
    }

    @Test func memoryIsCountedInLinesOf64Bytes() throws {
        let backend = try CPUBackend(precision: .float32, threads: 1)
        #expect(backend.memory == MemoryReport())
        var x: Tensor? = try backend.upload(HostTensor([1, 2, 3], shape: [3]), as: .float32)
        #expect(backend.memory.liveBytes == 64)
        let norm = try backend.prepareNorm(
            "n", scale: HostTensor([1, 2], shape: [2]), shift: HostTensor([1, 2], shape: [2]))
        #expect(backend.memory == MemoryReport(weightBytes: 64, liveBytes: 128, peakBytes: 128))
        x = nil
        #expect(x == nil)
        #expect(backend.memory == MemoryReport(weightBytes: 64, liveBytes: 64, peakBytes: 128))
        backend.resetPeak()
        #expect(backend.memory.peakBytes == 64)
        withExtendedLifetime(norm) {}
    }

    @Test func gatesThatAreCutIntoPartsJoinWithoutASeam() throws {
        let backend = try CPUBackend(precision: .float32, threads: 2)
        var randoms = Randoms(seed: 5)
        let value = try backend.prepareLinear("v", weight: randoms.tensor([83, 7]), bias: randoms.tensor([83]))
        let gate = try backend.prepareLinear("g", weight: randoms.tensor([83, 7]), bias: randoms.tensor([83]))
        let x = randoms.tensor([2500, 7])
        let whole = try backend.download(
            backend.geglu(backend.upload(x, as: .float32), value: value, gate: gate)
        ).floats
        for row in [0, 1023, 1024, 2047, 2048, 2499] {
            let one = try backend.upload(x.slice(row..<row + 1), as: .float32)
            let expected = try backend.download(backend.geglu(one, value: value, gate: gate)).floats
            #expect(zip(whole[row * 83..<row * 83 + 83], expected).allSatisfy { abs($0 - $1) < 1e-5 }, "row \(row)")
        }
    }

    @Test func theLibraryThatWasFoundIsOfVersionThree() {
        guard let library = VendorSearch.oneDNN.library else { return }
        #expect(library.version.hasPrefix("3."))
        #expect(!library.file.contains("/"))
    }
}
