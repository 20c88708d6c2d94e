/// Forwards to another backend and makes the images' edges meet: convolutions see the opposite edge where they would
/// see zeros.
///
/// It is what torch calls the padding mode `circular`, on one axis or both, for any model: denoiser, autoencoder and
/// controls. A convolution's input is widened by what lies beyond the opposite edge, convolved as its weight is, zeros
/// and all, and what the zeros touched is cut off. Weights are the wrapped backend's own, so one loaded model serves
/// requests that tile and requests that do not; the wrapper holds nothing.
///
/// Where latents are turned round by what the model shrinks its images by, the result is turned round likewise.
public struct TilingBackend: Sendable {
    let backend: any Backend
    /// The axes along which edges meet.
    public let axes: TilingAxes

    /// Tiles what `backend` computes along `axes`.
    public init(_ backend: any Backend, axes: TilingAxes) {
        self.backend = backend
        self.axes = axes
    }
}

// Each operation is its protocol's, on a periodic plane.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension TilingBackend {
    public func convolution(
        _ x: Tensor, _ weight: ConvolutionWeight, shift: Tensor?, residual: Tensor?, activation: Activation
    ) throws -> Tensor {
        let output = weight.outputShape(x.shape)
        let (rows, columns) = (
            span(.vertical, x.shape[1], output[1], weight, padding: weight.padding.top),
            span(.horizontal, x.shape[2], output[2], weight, padding: weight.padding.left)
        )
        let wide = weight.outputShape([x.shape[0], rows.input.count, columns.input.count, x.shape.channels])
        // The residual is wanted in the kept part only; what stands around it is cut off again.
        let residual = try residual.map {
            try window(
                $0, -rows.kept.lowerBound..<wide[1] - rows.kept.lowerBound,
                -columns.kept.lowerBound..<wide[2] - columns.kept.lowerBound)
        }
        let out = try backend.convolution(
            window(x, rows.input, columns.input), weight, shift: shift, residual: residual, activation: activation)
        return try window(out, rows.kept, columns.kept)
    }

    public func upsampleConvolution(
        _ x: Tensor, _ weight: UpsampleConvolutionWeight, height: Int, width: Int
    ) throws -> Tensor {
        let (rows, columns) = (span(.vertical, x.shape[1], height), span(.horizontal, x.shape[2], width))
        let out = try window(
            backend.upsampleConvolution(
                window(x, rows.input, columns.input), weight, height: rows.enlarged(x.shape[1], to: height),
                width: columns.enlarged(x.shape[2], to: width)),
            rows.kept, columns.kept)
        return try window(out, -rows.turn..<height - rows.turn, -columns.turn..<width - columns.turn)
    }

    private func span(
        _ axis: TilingAxes, _ inputs: Int, _ outputs: Int, _ weight: ConvolutionWeight, padding: Int
    ) -> PeriodicSpan {
        guard axes.contains(axis) else { return PeriodicSpan(inputs: inputs, outputs: outputs) }
        return PeriodicSpan(
            inputs: inputs, outputs: outputs, kernel: weight.kernel, stride: weight.stride, padding: padding)
    }

    private func span(_ axis: TilingAxes, _ inputs: Int, _ outputs: Int) -> PeriodicSpan {
        axes.contains(axis)
            ? PeriodicSpan(inputs: inputs, enlargedTo: outputs) : PeriodicSpan(inputs: inputs, outputs: outputs)
    }

    /// A window of `x`, without a copy if that is `x`.
    private func window(_ x: Tensor, _ rows: Range<Int>, _ columns: Range<Int>) throws -> Tensor {
        guard rows != 0..<x.shape[1] || columns != 0..<x.shape[2] else { return x }
        return try backend.periodicWindow(x, rows: rows, columns: columns)
    }
}
