import DaguerreTensors

/// What an adapter adds to one weight, before it is multiplied out: `[O, N]` with N inputs, or inputs × kernel.
enum WeightChange: Sendable {
    case lowRank(LowRank)
    case hadamard(Hadamard)
    case kronecker(Kronecker)
    /// The difference itself, in the weight's own shape.
    case full(HostTensor)

    /// `scale · up · down`, with `core` between the two where a convolution was decomposed in three.
    ///
    /// Source: Hu et al., "LoRA" (arXiv 2106.09685) §4.1; kohya `LoRAModule`; LyCORIS `LoConModule` for `core`.
    struct LowRank: Sendable {
        /// `[rank, I]` or `[rank, I, K, K]`.
        let down: HostTensor
        /// `[O, rank]`.
        let up: HostTensor
        /// `[rank, rank, K, K]`.
        let core: HostTensor?
        /// alpha ÷ rank.
        let scale: Double

        var rank: Int { down.shape[0] }
    }

    /// `scale · product₁ ∘ product₂`, multiplied element by element.
    ///
    /// Source: Hyeon-Woo et al., "FedPara" (arXiv 2108.06098) §2.2; LyCORIS `LohaModule`; peft `tuners/loha/layer.py`.
    struct Hadamard: Sendable {
        let first, second: Factors
        let scale: Double
    }

    /// `scale · first ⊗ second`.
    ///
    /// Source: Yeh et al., "Navigating Text-To-Image Customization" (arXiv 2309.14859) §3.2; LyCORIS `LokrModule`; peft
    /// `tuners/lokr/layer.py`.
    struct Kronecker: Sendable {
        let first, second: Factors
        let scale: Double
    }

    /// A matrix as it is, or as a product.
    enum Factors: Sendable {
        /// `[O, N]`, or `[O, I, K, K]`.
        case whole(HostTensor)
        /// `a [O, rank] · b [rank, N]`.
        case product(a: HostTensor, b: HostTensor)
        /// `Σᵢⱼ core[i, j, K, K] · a[i, O] · b[j, I]`: Tucker's decomposition of a convolution.
        case tucker(core: HostTensor, a: HostTensor, b: HostTensor)

        /// Nil for a matrix as it is.
        var rank: Int? {
            switch self {
            case .whole: nil
            case .product(_, let b): b.shape[0]
            case .tucker(let core, _, _): core.shape[0]
            }
        }

        /// Rows, columns, and the elements of the kernel, which columns do not count.
        var extent: (outputs: Int, inputs: Int, kernel: Int) {
            switch self {
            case .whole(let x): (x.shape[0], x.shape.rank > 1 ? x.shape[1] : 1, x.kernelCount)
            case .product(let a, let b): (a.shape[0], b.shape.elementCount / max(b.shape[0], 1), 1)
            case .tucker(let core, let a, let b): (a.shape[1], b.shape[1], core.kernelCount)
            }
        }

        /// The kernel's extents where they stand apart from the columns.
        var kernel: [Int]? {
            switch self {
            case .whole(let x): x.kernel
            case .product: nil
            case .tucker(let core, _, _): core.kernel
            }
        }
    }

    /// Rows, and columns times elements of the kernel.
    ///
    /// Tensors of a sparse file may be larger than any memory, so products stop at the largest number.
    var extent: (outputs: Int, inputs: Int) {
        switch self {
        case .lowRank(let x):
            (
                x.up.shape[0],
                .saturatingProduct(x.down.shape.elementCount / max(x.rank, 1), x.core?.kernelCount ?? 1)
            )
        case .hadamard(let x):
            (x.first.extent.outputs, .saturatingProduct(x.first.extent.inputs, x.first.extent.kernel))
        case .kronecker(let x):
            (
                .saturatingProduct(x.first.extent.outputs, x.second.extent.outputs),
                .saturatingProduct(x.first.extent.inputs, x.second.extent.inputs, x.second.extent.kernel)
            )
        case .full(let x): (x.shape[0], x.shape.elementCount / max(x.shape[0], 1))
        }
    }

    /// The kernel's extents where they stand apart from the columns; nil where rows are flat, or are of a matrix.
    var kernel: [Int]? {
        switch self {
        case .lowRank(let x): (x.core ?? x.down).kernel
        case .hadamard(let x): x.first.kernel ?? x.second.kernel
        case .kronecker(let x): x.second.kernel
        case .full(let x): x.kernel
        }
    }

    /// The ranks of its products.
    var ranks: [Int] {
        switch self {
        case .lowRank(let x): [x.rank]
        case .hadamard(let x): [x.first.rank, x.second.rank].compactMap(\.self)
        case .kronecker(let x): [x.first.rank, x.second.rank].compactMap(\.self)
        case .full: []
        }
    }
}

extension HostTensor {
    /// Elements of the kernel of `[O, I, K, K]`; 1 for a matrix.
    var kernelCount: Int { kernel?.reduce(1, *) ?? 1 }

    /// `[K, K]` of `[O, I, K, K]`.
    var kernel: [Int]? { shape.rank > 2 ? Array(shape.extents.dropFirst(2)) : nil }
}
