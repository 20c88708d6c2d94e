import DaguerreTensors

/// One operation at one size, ready to be run on any backend.
struct KernelCase: Sendable {
    /// What the operation is measured by.
    enum Kind: String, Sendable {
        case convolution, linear, attention, groupNorm, periodicWindow

        /// Whether memory is all that counts: it is compared with a copy.
        var movesMemoryOnly: Bool { self == .groupNorm || self == .periodicWindow }
    }

    let kind: Kind
    /// Where the sizes come from.
    let model: String
    let sizes: String
    /// The same for the vendor library alone.
    var bare: BareProblem?
    /// Prepares weights and inputs on a backend; what it returns runs the operation once.
    let prepare: @Sendable (any Backend) throws -> () throws -> Tensor

    /// A convolution over `x` with padding that keeps the size.
    static func convolution(_ model: String, _ x: Shape, to outputs: Int, kernel: Int = 3) -> KernelCase {
        let bare = BareProblem.convolution(x, outputs: outputs, kernel: kernel)
        let sizes = "\(x) → \(outputs), \(kernel)×\(kernel)"
        return KernelCase(kind: .convolution, model: model, sizes: sizes, bare: bare) { backend in
            let weight = try backend.prepareConvolution(
                "convolution", weight: ramp([outputs, x.channels, kernel, kernel]), bias: ramp([outputs]), stride: 1,
                padding: Padding(kernel / 2))
            let input = try backend.upload(ramp(x), as: backend.activationType)
            return { try backend.convolution(input, weight) }
        }
    }

    /// A matrix product over `rows` tokens.
    static func linear(_ model: String, rows: Int, _ inputs: Int, to outputs: Int) -> KernelCase {
        let bare = BareProblem.matrix(rows: rows, inputs: inputs, outputs: outputs)
        return KernelCase(kind: .linear, model: model, sizes: "\(rows)×\(inputs) → \(outputs)", bare: bare) { backend in
            let weight = try backend.prepareLinear("linear", weight: ramp([outputs, inputs]), bias: ramp([outputs]))
            let input = try backend.upload(ramp([1, rows, inputs]), as: backend.activationType)
            return { try backend.linear(input, weight) }
        }
    }

    /// Attention of two samples, as guidance has them.
    static func attention(
        _ model: String, queries: Int, keys: Int, heads: Int, headSize: Int, batch: Int = 2
    ) -> KernelCase {
        let sizes = "\(batch)×\(queries)×\(keys)×\(headSize), \(heads) heads"
        return KernelCase(kind: .attention, model: model, sizes: sizes) { backend in
            let q = try backend.upload(ramp([batch, queries, heads * headSize]), as: backend.activationType)
            let k = try backend.upload(ramp([batch, keys, heads * headSize]), as: backend.activationType)
            return { try backend.attention(q: q, k: k, v: k, heads: heads, causal: false) }
        }
    }

    /// A group normalisation of 32 groups with SiLU.
    static func groupNorm(_ model: String, _ x: Shape) -> KernelCase {
        KernelCase(kind: .groupNorm, model: model, sizes: "\(x), SiLU") { backend in
            let weight = try backend.prepareNorm("norm", scale: ramp([x.channels]), shift: ramp([x.channels]))
            let input = try backend.upload(ramp(x), as: backend.activationType)
            return { try backend.groupNorm(input, weight, groups: 32, epsilon: 1e-5, activation: .silu) }
        }
    }

    /// An image with a row or column of each edge put beyond the other, as a tiled convolution reads it.
    static func periodicWindow(_ model: String, _ x: Shape) -> KernelCase {
        KernelCase(kind: .periodicWindow, model: model, sizes: "\(x), 1 around") { backend in
            let input = try backend.upload(ramp(x), as: backend.activationType)
            return { try backend.periodicWindow(input, rows: -1..<x[1] + 1, columns: -1..<x[2] + 1) }
        }
    }

    /// Values in (-1, 1) that neither repeat in a short period nor overflow.
    private static func ramp(_ shape: Shape) -> HostTensor {
        HostTensor(shape: shape, elementType: .float32) { bytes in
            for i in 0..<shape.elementCount {
                let value = Float((i &* 2_654_435_761) & 0xffff) / 32768 - 1
                bytes.storeBytes(of: value, toByteOffset: i * 4, as: Float.self)
            }
        }
    }
}

extension KernelCase {
    /// Stable Diffusion 1.5 at 512×512 and XL at 1024×1024, both with guidance, and their decoder.
    static let all: [KernelCase] = [
        .convolution("SD 1.5", [2, 64, 64, 320], to: 320), .convolution("SD 1.5", [2, 64, 64, 960], to: 320),
        .convolution("SD 1.5", [2, 32, 32, 640], to: 640), .convolution("SD 1.5", [2, 16, 16, 1280], to: 1280),
        .convolution("SD 1.5", [2, 16, 16, 2560], to: 1280), .convolution("SD 1.5", [2, 8, 8, 1280], to: 1280),
        .convolution("SD 1.5", [2, 64, 64, 640], to: 320, kernel: 1),
        .convolution("SD XL", [2, 128, 128, 320], to: 320), .convolution("SD XL", [2, 64, 64, 640], to: 640),
        .convolution("SD XL", [2, 32, 32, 1280], to: 1280),
        .convolution("decoder", [1, 64, 64, 512], to: 512), .convolution("decoder", [1, 256, 256, 256], to: 256),
        .convolution("decoder", [1, 512, 512, 128], to: 128),
        .linear("SD 1.5", rows: 8192, 320, to: 320), .linear("SD 1.5", rows: 8192, 320, to: 1280),
        .linear("SD 1.5", rows: 8192, 1280, to: 320), .linear("SD 1.5", rows: 2048, 640, to: 2560),
        .linear("SD 1.5", rows: 2048, 2560, to: 640), .linear("SD 1.5", rows: 512, 1280, to: 5120),
        .linear("SD 1.5", rows: 512, 5120, to: 1280), .linear("SD 1.5", rows: 154, 768, to: 320),
        .linear("SD XL", rows: 8192, 640, to: 640), .linear("SD XL", rows: 2048, 1280, to: 1280),
        .linear("SD XL", rows: 2048, 1280, to: 5120), .linear("SD XL", rows: 2048, 5120, to: 1280),
        .attention("SD 1.5", queries: 4096, keys: 4096, heads: 8, headSize: 40),
        .attention("SD 1.5", queries: 1024, keys: 1024, heads: 8, headSize: 80),
        .attention("SD 1.5", queries: 256, keys: 256, heads: 8, headSize: 160),
        .attention("SD 1.5", queries: 4096, keys: 77, heads: 8, headSize: 40),
        .attention("SD XL", queries: 4096, keys: 4096, heads: 10, headSize: 64),
        .attention("SD XL", queries: 1024, keys: 1024, heads: 20, headSize: 64),
        .attention("SD XL", queries: 4096, keys: 77, heads: 10, headSize: 64),
        .attention("decoder", queries: 4096, keys: 4096, heads: 1, headSize: 512, batch: 1),
        .groupNorm("SD 1.5", [2, 64, 64, 320]), .groupNorm("SD 1.5", [2, 32, 32, 1280]),
        .groupNorm("SD XL", [2, 128, 128, 320]), .groupNorm("decoder", [1, 512, 512, 128]),
        .periodicWindow("SD 1.5", [2, 64, 64, 320]), .periodicWindow("SD 1.5", [2, 16, 16, 1280]),
        .periodicWindow("decoder", [1, 512, 512, 128]),
    ]
}
