import DaguerreTensors
import TestSupport
import Testing

@Suite struct TransferTests {
    @Test(arguments: Subject.all)
    func conversionsRoundToNearestEven(subject: Subject) throws {
        let backend = try subject.backend()
        let values: [Float] = [0, -0, 1, 1.00390625, 1.01171875, -1.005, 3.3e38, 1e-37, 65504, .infinity, -.infinity]
        for repetitions in [1, 7] {
            let all = [[Float]](repeating: values, count: repetitions).flatMap { $0 }
            let host = HostTensor(all, shape: [all.count])
            let rounded =
                backend.activationType == .bfloat16
                ? all.map { HalfPrecision.float(bfloat16: HalfPrecision.bfloat16($0)) } : all
            let uploaded = try backend.upload(host, as: backend.activationType)
            #expect(uploaded.elementType == backend.activationType)
            #expect(try backend.download(uploaded).floats == rounded)
            let exact = try backend.upload(host, as: .float32)
            #expect(try backend.download(exact).floats == all)
            let converted = try backend.convert(exact, to: backend.activationType)
            #expect(try backend.download(converted).floats == rounded)
            #expect(try backend.download(backend.convert(converted, to: .float32)).floats == rounded)
        }
    }

    @Test(arguments: Subject.all, [ElementType.float16, .bfloat16, .float64, .int64])
    func weightsAndInputsOfEveryStoredTypeAreRead(subject: Subject, type: ElementType) throws {
        let backend = try subject.backend()
        let stored = HostTensor(shape: [7, 3], elementType: type) { bytes in
            for i in 0..<21 {
                let value = Float(i - 10)
                switch type {
                case .float16: bytes.storeBytes(of: HalfPrecision.float16(value), toByteOffset: i * 2, as: UInt16.self)
                case .bfloat16:
                    bytes.storeBytes(of: HalfPrecision.bfloat16(value), toByteOffset: i * 2, as: UInt16.self)
                case .float64: bytes.storeBytes(of: Double(value), toByteOffset: i * 8, as: Double.self)
                default: bytes.storeBytes(of: Int64(i - 10), toByteOffset: i * 8, as: Int64.self)
                }
            }
        }
        let x = try backend.upload(stored, as: .float32)
        #expect(try backend.download(x).floats == (0..<21).map { Float($0 - 10) })
        let weight = try backend.prepareLinear("l", weight: stored, bias: nil)
        let ones = try backend.upload(HostTensor([1, 1, 1], shape: [1, 3]), as: backend.activationType)
        let sums = try backend.download(backend.linear(ones, weight)).floats
        #expect(sums == (0..<7).map { Float(9 * $0 - 27) })
    }

    @Test(arguments: Subject.all)
    func bytesWithoutAlignmentAreRead(subject: Subject) throws {
        let backend = try subject.backend()
        let block = HostTensor(shape: [1 + 4 * 21], elementType: .uint8) { bytes in
            for i in 0..<21 { bytes.storeBytes(of: Float(i).bitPattern, toByteOffset: 1 + 4 * i, as: UInt32.self) }
        }
        let floats = try block.withUnsafeBytes { bytes in
            let odd = HostTensor(
                shape: [7, 3], elementType: .float32, bytes: UnsafeRawBufferPointer(rebasing: bytes[1...]), owner: nil)
            let weight = try backend.prepareLinear("l", weight: odd, bias: nil)
            let x = try backend.upload(odd, as: backend.activationType)
            return try backend.download(backend.linear(x, weight)).floats
        }
        #expect(floats[0] == 5)  // [0, 1, 2] · [0, 1, 2]
        #expect(floats[7] == 14)  // [3, 4, 5] · [0, 1, 2]
    }

    @Test(arguments: Subject.all, [1, 7, 83, 4099])
    func oneBadElementAnywhereIsFound(subject: Subject, count: Int) throws {
        let backend = try subject.backend()
        for type in [ElementType.float32, backend.activationType] {
            let good = HostTensor([Float](repeating: 1e30, count: count), shape: [count])
            #expect(try backend.isFinite(backend.upload(good, as: type)))
            for (bad, index) in [(Float.nan, count - 1), (.infinity, 0), (-.infinity, count / 2)] {
                var values = good.floats
                values[index] = bad
                let x = try backend.upload(HostTensor(values, shape: [count]), as: type)
                #expect(try backend.isFinite(x) == false)
            }
        }
    }

    @Test(arguments: Subject.all)
    func tensorsAndTypesOfAnotherBackendAreRefused(subject: Subject) throws {
        let backend = try subject.backend()
        let foreign = try reference.upload(HostTensor([1], shape: [1]), as: .float32)
        #expect(throws: BackendError.self) { _ = try backend.activate(foreign, .silu) }
        #expect(throws: BackendError.self) { _ = try backend.download(foreign) }
        let x = try backend.upload(HostTensor([1], shape: [1]), as: .float32)
        #expect(throws: BackendError.self) { _ = try backend.convert(x, to: .int8) }
        #expect(throws: BackendError.self) { _ = try backend.upload(HostTensor([1], shape: [1]), as: .uint8) }
    }
}
