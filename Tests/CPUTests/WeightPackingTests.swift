import DaguerreCPU
import DaguerreTensors
import TestSupport
import Testing

/// Packed weights hold the checkpoint's numbers, whatever their element type and however they were cut for packing.
@Suite struct WeightPackingTests {
    /// Outputs in whole parts of 64 and 48, in one part only, and with padding.
    static let outputCounts = [1, 4, 48, 64, 83, 96, 192, 320]

    @Test(arguments: [Precision.float32, .bfloat16], outputCounts)
    func aMatrixTimesUnitVectorsIsTheMatrix(precision: Precision, outputs: Int) throws {
        let backend = try CPUBackend(precision: precision, threads: 3)
        let inputs = 37
        let weight = Self.halves([outputs, inputs])
        let unit = HostTensor((0..<inputs * inputs).map { $0 % (inputs + 1) == 0 ? 1 : 0 }, shape: [inputs, inputs])
        for type in [ElementType.float32, .float16, .bfloat16, .float64] {
            let packed = try backend.prepareLinear("w", weight: Self.stored(weight, as: type), bias: nil)
            let product = try backend.linear(backend.upload(unit, as: backend.activationType), packed)
            let floats = weight.floats
            let expected = (0..<inputs * outputs).map { floats[$0 % outputs * inputs + $0 / outputs] }
            try expectClose(product, HostTensor(expected, shape: [inputs, outputs]), .exact, on: backend, "\(type)")
        }
    }

    @Test(arguments: [Precision.float32, .bfloat16], outputCounts)
    func aConvolutionOfAPointIsTheKernelTurnedRound(precision: Precision, outputs: Int) throws {
        let backend = try CPUBackend(precision: precision, threads: 3)
        for inputs in [1, 7, 64] {
            let weight = Self.halves([outputs, inputs, 3, 3])
            let floats = weight.floats
            let channel = inputs / 2
            let point = HostTensor(
                (0..<25 * inputs).map { $0 == 12 * inputs + channel ? 1 : 0 }, shape: [1, 5, 5, inputs])
            let expected = (0..<25 * outputs).map { index -> Float in
                let (row, column, output) = (index / outputs / 5, index / outputs % 5, index % outputs)
                let (y, x) = (3 - row, 3 - column)
                guard (0...2).contains(y), (0...2).contains(x) else { return 0 }
                return floats[((output * inputs + channel) * 3 + y) * 3 + x]
            }
            for type in [ElementType.float32, .float16, .bfloat16] {
                let packed = try backend.prepareConvolution(
                    "w", weight: Self.stored(weight, as: type), bias: nil, stride: 1, padding: Padding(1))
                let result = try backend.convolution(backend.upload(point, as: backend.activationType), packed)
                try expectClose(
                    result, HostTensor(expected, shape: [1, 5, 5, outputs]), .exact, on: backend,
                    "\(inputs) inputs, \(type)")
            }
        }
    }

    /// oneDNN wants the weights of some convolutions in another order for small images than for large ones.
    @Test(arguments: [Precision.float32, .bfloat16])
    func oneWeightServesImagesOfEverySizeInTurn(precision: Precision) throws {
        let backend = try CPUBackend(precision: precision, threads: 2)
        for (inputs, outputs) in [(960, 320), (640, 320), (48, 96)] {
            let weight = Self.halves([outputs, inputs, 3, 3])
            let packed = try backend.prepareConvolution(
                "w", weight: weight, bias: nil, stride: 1, padding: Padding(1))
            var firsts: [Int: [Float]] = [:]
            for side in [1, 4, 16, 5, 1, 16, 4] {
                let x = HostTensor(
                    (0..<side * side * inputs).map { Float($0 % 5) - 2 }, shape: [1, side, side, inputs])
                let y = try backend.download(backend.convolution(backend.upload(x, as: backend.activationType), packed))
                let known = firsts[side] ?? Self.centre(x, weight, side, backend.activationType)
                let values = side == 1 || firsts[side] != nil ? y.floats : Self.middle(y, side)
                #expect(values == known, "side \(side), \(inputs) to \(outputs)")
                firsts[side] = y.floats
            }
        }
    }

    /// Multiples of 1/8 between -1 and 1, which every element type holds.
    private static func halves(_ shape: Shape) -> HostTensor {
        let eighths = (0..<shape.elementCount).map { (index: Int) -> Float in
            let step = (index * 7 + index / 11) % 17
            return Float(step - 8) / 8
        }
        return HostTensor(eighths, shape: shape)
    }

    private static func stored(_ x: HostTensor, as type: ElementType) -> HostTensor {
        let floats = x.floats
        return HostTensor(shape: x.shape, elementType: type) { bytes in
            for (i, value) in floats.enumerated() {
                switch type {
                case .float16:
                    bytes.storeBytes(of: HalfPrecision.float16(value), toByteOffset: i * 2, as: UInt16.self)
                case .bfloat16:
                    bytes.storeBytes(of: HalfPrecision.bfloat16(value), toByteOffset: i * 2, as: UInt16.self)
                case .float64: bytes.storeBytes(of: Double(value), toByteOffset: i * 8, as: Double.self)
                default: bytes.storeBytes(of: value, toByteOffset: i * 4, as: Float.self)
                }
            }
        }
    }

    /// The pixel in the middle of a convolved image.
    private static func middle(_ y: HostTensor, _ side: Int) -> [Float] {
        let channels = y.shape.channels
        let start = (side / 2 * side + side / 2) * channels
        return Array(y.floats[start..<start + channels])
    }

    /// The same pixel by plain loops; sums of eighths are exact in float32.
    private static func centre(_ x: HostTensor, _ weight: HostTensor, _ side: Int, _ type: ElementType) -> [Float] {
        let (pixels, weights) = (x.floats, weight.floats)
        let inputs = x.shape.channels
        return (0..<weight.shape[0]).map { output in
            var sum: Float = 0
            for row in 0..<3 {
                for column in 0..<3 {
                    let (y, x) = (side / 2 + row - 1, side / 2 + column - 1)
                    guard (0..<side).contains(y), (0..<side).contains(x) else { continue }
                    for input in 0..<inputs {
                        let factor = weights[((output * inputs + input) * 3 + row) * 3 + column]
                        sum += pixels[(y * side + x) * inputs + input] * factor
                    }
                }
            }
            return type == .bfloat16 ? HalfPrecision.float(bfloat16: HalfPrecision.bfloat16(sum)) : sum
        }
    }
}
