public import DaguerreTensors

extension ReferenceBackend {
    /// `activation(weight ∗ x + bias + shift + residual)`; what lies outside the image is zero.
    public func convolution(
        _ x: Tensor, _ weight: ConvolutionWeight, shift: Tensor?, residual: Tensor?, activation: Activation
    ) throws -> Tensor {
        precondition(x.shape.rank == 4 && x.shape.channels == weight.inputChannels, "x is [N, H, W, I]")
        let shape = weight.outputShape(x.shape)
        precondition(residual.map { $0.shape == shape } ?? true, "the residual has the output's shape")
        precondition(
            shift.map { $0.shape == [1, shape.channels] || $0.shape == [shape[0], shape.channels] } ?? true,
            "the shift is [1, O] or [N, O]")
        let input = try values(x, "convolution")
        let kernel = try self.weight(weight.storage, "convolution")
        let shifts = try shift.map { try values($0, "convolution") }
        let residuals = try residual.map { try values($0, "convolution") }
        let outputs = weight.outputChannels
        return try tensor(shape) { out in
            var sums = Sums(count: outputs)
            for (pixel, position) in positions(shape).enumerated() {
                sums.start(at: kernel.bias)
                addTaps(&sums, weight, kernel.values, input, x.shape, at: position)
                let shiftStart = shift?.shape[0] == 1 ? 0 : position.n * outputs
                for o in 0..<outputs {
                    let shifted = sums.values[o] + Double(shifts?[shiftStart + o] ?? 0)
                    out[pixel * outputs + o] = Float(activation(shifted + Double(residuals?[pixel * outputs + o] ?? 0)))
                }
            }
        }
    }

    /// Adds what each tap of the kernel, placed for output pixel `position`, sees of the input.
    private func addTaps(
        _ sums: inout Sums, _ weight: ConvolutionWeight, _ kernel: [Float], _ input: [Float], _ shape: Shape,
        at position: (n: Int, y: Int, x: Int)
    ) {
        let inputs = weight.inputChannels
        for row in 0..<weight.kernel {
            let y = position.y * weight.stride + row - weight.padding.top
            guard y >= 0 && y < shape[1] else { continue }
            for column in 0..<weight.kernel {
                let x = position.x * weight.stride + column - weight.padding.left
                guard x >= 0 && x < shape[2] else { continue }
                let pixel = ((position.n * shape[1] + y) * shape[2] + x) * inputs
                let tap = (row * weight.kernel + column) * inputs
                for i in 0..<inputs {
                    sums.add(Double(input[pixel + i]), times: kernel, from: (tap + i) * weight.outputChannels)
                }
            }
        }
    }

    /// Sample, row and column of each pixel of an image, in the order of memory.
    func positions(_ shape: Shape) -> some Sequence<(n: Int, y: Int, x: Int)> {
        (0..<shape.rows).lazy.map { pixel in
            (pixel / (shape[1] * shape[2]), pixel / shape[2] % shape[1], pixel % shape[2])
        }
    }

    /// The enlarged image is made in full, then convolved.
    public func upsampleConvolution(
        _ x: Tensor, _ weight: UpsampleConvolutionWeight, height: Int, width: Int
    ) throws -> Tensor {
        precondition(x.shape.rank == 4 && x.shape.channels == weight.inputChannels, "x is [N, H, W, I]")
        let input = try values(x, "upsampleConvolution")
        let channels = x.shape.channels
        let enlarged = try tensor([x.shape[0], height, width, channels]) { out in
            for (pixel, position) in positions([x.shape[0], height, width, channels]).enumerated() {
                let row = position.n * x.shape[1] + position.y * x.shape[1] / height
                let source = (row * x.shape[2] + position.x * x.shape[2] / width) * channels
                for c in 0..<channels { out[pixel * channels + c] = input[source + c] }
            }
        }
        let convolution3x3 = ConvolutionWeight(
            name: weight.name, inputChannels: channels, outputChannels: weight.outputChannels, kernel: 3, stride: 1,
            padding: Padding(1), storage: weight.storage)
        return try convolution(enlarged, convolution3x3)
    }
}
