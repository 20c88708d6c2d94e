public import DaguerreTensors

// Each operation is its protocol's, adapted.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension AdaptedBackend {
    public func linear(
        _ x: Tensor, _ weight: LinearWeight, residual: Tensor?, activation: Activation, as elementType: ElementType
    ) throws -> Tensor {
        let recipe = Recipe(
            path: weight.name, rowsOfEntry: x.shape.rows / max(x.shape[0], 1),
            down: { [base] in .linear(try base.prepareLinear("\(weight.name).lora_down", weight: $0, bias: nil)) },
            merge: { [base] in
                .linear(try base.prepareLinear(weight.name, weight: $0.weight, bias: $0.bias))
            })
        guard let runs = try runs(recipe, count: x.shape[0]) else {
            return try base.linear(x, weight, residual: residual, activation: activation, as: elementType)
        }
        if activation == .identity, !runs.contains(where: \.isMerged) {
            let y = try base.linear(x, weight, residual: residual, activation: .identity, as: elementType)
            return try joined(runs) { try beside($0, x, y) }
        }
        return try joined(runs) { run in
            let (x, residual) = (x.slice(run.rows), residual?.slice(run.rows))
            guard case .beside(let paths) = run.treatment else {
                return try base.linear(
                    x, run.linear ?? weight, residual: residual, activation: activation, as: elementType)
            }
            if activation == .identity {
                let y = try base.linear(x, weight, residual: residual, activation: .identity, as: elementType)
                return try paths.added(to: y, x, on: base)
            }
            // The path's share comes before the activation, which is therefore a pass of its own.
            let product = try base.linear(x, weight, residual: nil, activation: .identity, as: .float32)
            let y = try base.activate(paths.added(to: product, x, on: base), activation)
            let sum = try residual.map { try base.weightedSum([(1, y), (1, $0)]) } ?? y
            return try base.convert(sum, to: elementType)
        }
    }

    public func geglu(_ x: Tensor, value: LinearWeight, gate: LinearWeight) throws -> Tensor {
        let recipe = Recipe(
            path: Self.pathOfHalves(value.name), rowsOfEntry: x.shape.rows / max(x.shape[0], 1), pieceCount: 2,
            down: { [base] in .linear(try base.prepareLinear("\(value.name).lora_down", weight: $0, bias: nil)) },
            merge: { [base] merged in
                let size = merged.weight.shape[0] / 2
                func half(_ name: String, _ rows: Range<Int>) throws -> LinearWeight {
                    try base.prepareLinear(name, weight: merged.weight.slice(rows), bias: merged.bias?.slice(rows))
                }
                return .gated(value: try half(value.name, 0..<size), gate: try half(gate.name, size..<2 * size))
            })
        guard let runs = try runs(recipe, count: x.shape[0]) else {
            return try base.geglu(x, value: value, gate: gate)
        }
        return try joined(runs) { run in
            let x = x.slice(run.rows)
            switch run.treatment {
            case .beside(let paths):
                var (values, gates) = (try base.linear(x, value), try base.linear(x, gate))
                for path in paths {
                    let middle = try path.path.middle(x, factor: path.factor, like: values, on: base)
                    values = try base.linear(middle, path.path.ups[0], residual: values)
                    gates = try base.linear(middle, path.path.ups[1], residual: gates)
                }
                return try base.gatedProduct(values, gate: gates)
            case .merged(.gated(let value, let gate)): return try base.geglu(x, value: value, gate: gate)
            default: return try base.geglu(x, value: value, gate: gate)
            }
        }
    }

    public func convolution(
        _ x: Tensor, _ weight: ConvolutionWeight, shift: Tensor?, residual: Tensor?, activation: Activation
    ) throws -> Tensor {
        let recipe = Recipe(
            path: weight.name, rowsOfEntry: weight.outputShape(x.shape).rows / max(x.shape[0], 1),
            padding: weight.padding,
            down: { [base] in
                .convolution(
                    try base.prepareConvolution(
                        "\(weight.name).lora_down", weight: $0, bias: nil, stride: weight.stride,
                        padding: weight.padding))
            },
            merge: { [base] in
                .convolution(
                    try base.prepareConvolution(
                        weight.name, weight: $0.weight, bias: $0.bias, stride: weight.stride, padding: weight.padding))
            })
        guard let runs = try runs(recipe, count: x.shape[0]) else {
            return try base.convolution(x, weight, shift: shift, residual: residual, activation: activation)
        }
        if activation == .identity, !runs.contains(where: \.isMerged) {
            let y = try base.convolution(x, weight, shift: shift, residual: residual, activation: .identity)
            return try joined(runs) { try beside($0, x, y) }
        }
        return try joined(runs) { run in
            let (x, residual) = (x.slice(run.rows), residual?.slice(run.rows))
            let shift = shift.map { $0.shape[0] == 1 ? $0 : $0.slice(run.rows) }
            guard case .beside(let paths) = run.treatment else {
                return try base.convolution(
                    x, run.convolution ?? weight, shift: shift, residual: residual, activation: activation)
            }
            let sum = try base.convolution(x, weight, shift: shift, residual: residual, activation: .identity)
            let y = try paths.added(to: sum, x, on: base)
            return activation == .identity ? y : try base.activate(y, activation)
        }
    }

    public func upsampleConvolution(
        _ x: Tensor, _ weight: UpsampleConvolutionWeight, height: Int, width: Int
    ) throws -> Tensor {
        let recipe = Recipe(
            path: weight.name, rowsOfEntry: height * width,
            down: { [base] in
                .upsampleConvolution(
                    try base.prepareUpsampleConvolution("\(weight.name).lora_down", weight: $0, bias: nil))
            },
            merge: { [base] in
                .upsampleConvolution(
                    try base.prepareUpsampleConvolution(weight.name, weight: $0.weight, bias: $0.bias),
                    hostBytes: $0.weight.byteCount)
            })
        guard let runs = try runs(recipe, count: x.shape[0]) else {
            return try base.upsampleConvolution(x, weight, height: height, width: width)
        }
        if !runs.contains(where: \.isMerged) {
            let y = try base.upsampleConvolution(x, weight, height: height, width: width)
            return try joined(runs) { try beside($0, x, y) }
        }
        return try joined(runs) { run in
            let x = x.slice(run.rows)
            let y = try base.upsampleConvolution(x, run.upsampleConvolution ?? weight, height: height, width: width)
            guard case .beside(let paths) = run.treatment else { return y }
            return try paths.added(to: y, x, on: base)
        }
    }

    /// One run's rows of `y`, with what runs beside the layer added.
    private func beside(_ run: Run, _ x: Tensor, _ y: Tensor) throws -> Tensor {
        let rows = y.slice(run.rows)
        guard case .beside(let paths) = run.treatment else { return rows }
        return try paths.added(to: rows, x.slice(run.rows), on: base)
    }

    /// The path of the layer whose outputs are packed as `PATH.value` and `PATH.gate`.
    private static func pathOfHalves(_ name: String) -> String {
        let suffix = ".value"
        return name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name
    }
}

extension AdaptedBackend.Run {
    var isMerged: Bool { if case .merged = treatment { true } else { false } }

    private var merged: PreparedLayer? { if case .merged(let layer) = treatment { layer } else { nil } }

    var linear: LinearWeight? { if case .linear(let weight) = merged { weight } else { nil } }

    var convolution: ConvolutionWeight? { if case .convolution(let weight) = merged { weight } else { nil } }

    var upsampleConvolution: UpsampleConvolutionWeight? {
        if case .upsampleConvolution(let weight, _) = merged { weight } else { nil }
    }

    var norm: NormWeight? { if case .norm(let weight) = merged { weight } else { nil } }
}
