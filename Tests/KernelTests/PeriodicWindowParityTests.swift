import DaguerreTensors
import Testing

/// A window on the plane that copies of `x` tile.
struct WindowCase: Sendable, CustomTestStringConvertible {
    let x: Shape
    let rows, columns: Range<Int>

    var testDescription: String { "\(x), rows \(rows), columns \(columns)" }

    /// Widened, cropped, turned round, several copies, next to nothing and nothing.
    static let all = sizes.map { WindowCase(x: $0, rows: $1, columns: $2) }

    private static let sizes: [(Shape, Range<Int>, Range<Int>)] = [
        ([1, 1, 1, 1], -1..<2, -1..<2), ([1, 1, 1, 7], -5..<4, 0..<1), ([2, 7, 5, 83], -1..<8, -1..<6),
        ([2, 7, 5, 83], 1..<6, 2..<3), ([1, 83, 1, 3], 40..<123, -2..<2), ([3, 7, 83, 1], 0..<7, 13..<96),
        ([1, 5, 7, 2], -12..<13, -30..<31), ([1, 4, 6, 3], -1000..<(-997), 998..<1005), ([2, 7, 7, 7], 3..<3, 0..<7),
        ([2, 7, 7, 7], 0..<7, 9..<9), ([0, 7, 7, 7], -1..<8, -1..<8), ([2, 9, 7, 320], -2..<9, 0..<7),
        ([1, 64, 64, 64], -1..<65, -1..<65),
    ]
}

@Suite struct PeriodicWindowParityTests {
    @Test(arguments: Subject.all, WindowCase.all)
    func theWindowEqualsReferenceInEachElementType(subject: Subject, window: WindowCase) throws {
        for type in try Set([ElementType.float32, subject.backend().activationType]) {
            try expectParity(subject, "\(type)", exactly: true) { backend, draw in
                let x = try backend.upload(draw(window.x), as: backend.activationType == .float32 ? .float32 : type)
                let out = try backend.periodicWindow(x, rows: window.rows, columns: window.columns)
                #expect(out.elementType == x.elementType)
                return out
            }
        }
    }

    @Test(arguments: Subject.all)
    func aSliceHasWindowsAsATensorOfItsOwn(subject: Subject) throws {
        try expectParity(subject, exactly: true) { backend, draw in
            let x = try draw.tensor([3, 7, 5, 7], on: backend)
            return try backend.periodicWindow(x.slice(1..<3), rows: -3..<8, columns: -1..<6)
        }
    }

    @Test(arguments: Subject.all)
    func nothingIsAllocatedButTheWindow(subject: Subject) throws {
        let backend = try subject.backend()
        var draw = Draw(rounding: backend.activationType)
        let x = try draw.tensor([2, 16, 16, 64], on: backend)
        backend.resetPeak()
        let before = backend.memory.liveBytes
        let out = try backend.periodicWindow(x, rows: -1..<17, columns: -1..<17)
        #expect(backend.memory.peakBytes - before == out.shape.elementCount * out.elementType.byteCount)
    }

    @Test(arguments: Subject.all)
    func aTensorOfAnotherBackendIsRefused(subject: Subject) throws {
        let backend = try subject.backend()
        let foreign = try reference.upload(HostTensor([1], shape: [1, 1, 1, 1]), as: .float32)
        #expect(throws: BackendError.foreignStorage(operation: "periodicWindow")) {
            _ = try backend.periodicWindow(foreign, rows: 0..<2, columns: 0..<2)
        }
    }
}
