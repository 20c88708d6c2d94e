import DaguerreTensors

/// One layer's part of an adapter file, under the file's own name of the layer.
struct AdapterModule: Sendable {
    let component: AdapterComponent
    /// As the file has it.
    let name: String
    /// The file's tensors that it is made of, sorted.
    let keys: [String]
    let delta: LayerDelta
}

/// Reads the parameters of one module and puts them together.
struct AdapterModuleReader {
    /// The largest rank that is taken: far above that of any layer of the families.
    static let maximumRank = 4096

    let file: String
    let module: String
    let component: AdapterComponent
    /// Keys and tensors by parameter.
    let tensors: [AdapterParameter: (key: String, tensor: HostTensor)]
    /// What a file's metadata say of alpha, where no tensor does.
    let scaleRules: AdapterScaleRules

    /// - Throws: ``AdapterError`` naming the tensor that is missing or cannot be.
    func read() throws(AdapterError) -> AdapterModule {
        for (parameter, (key, tensor)) in tensors {
            try require(key, tensor, "numbers with a fraction", tensor.isOfFractions || parameter == .alpha)
            try require(key, tensor, "a tensor with elements", tensor.shape.elementCount > 0)
        }
        let (change, kind) = try change()
        let bias = try vector(tensors[.biasDifference] == nil ? .normBiasDifference : .biasDifference)
        let magnitude = try magnitude()
        guard change != nil || bias != nil else {
            let found = tensors.keys.map(\.rawValue).sorted().joined(separator: ", ")
            throw .incomplete(file: file, module: module, found: found, missing: "matrices")
        }
        if magnitude != nil, change == nil {
            throw .incomplete(
                file: file, module: module, found: AdapterParameter.magnitude.rawValue, missing: "matrices")
        }
        return AdapterModule(
            component: component, name: module, keys: tensors.values.map(\.key).sorted(),
            delta: LayerDelta(
                weight: change, magnitude: magnitude, bias: bias, kind: magnitude == nil ? kind : .dora))
    }

    private func change() throws(AdapterError) -> (WeightChange?, AdapterKind) {
        var found: [(WeightChange, AdapterKind)] = []
        if has(.down, .up, .middle) { found.append((.lowRank(try lowRank()), .lora)) }
        if has(.hadamard1A, .hadamard1B, .hadamard2A, .hadamard2B) {
            found.append((.hadamard(try hadamard()), .loha))
        }
        if has(.kronecker1, .kronecker1A, .kronecker1B, .kronecker2, .kronecker2A, .kronecker2B) {
            found.append((.kronecker(try kronecker()), .lokr))
        }
        if let (key, difference) = tensors[.difference] {
            try require(key, difference, "of the weight's shape", [1, 2, 4].contains(difference.shape.rank))
            found.append((.full(difference), .full))
        }
        if let (key, difference) = tensors[.normDifference] {
            try require(key, difference, "a vector", difference.shape.rank == 1)
            found.append((.full(difference), .norm))
        }
        guard found.count <= 1 else {
            throw .duplicate(file: file, keys: tensors.values.map(\.key).sorted())
        }
        let isNorm = tensors[.normBiasDifference] != nil
        return (found.first?.0, found.first?.1 ?? (isNorm ? .norm : .full))
    }

    private func lowRank() throws(AdapterError) -> WeightChange.LowRank {
        let (downKey, down) = try tensor(.down)
        let (upKey, up) = try tensor(.up)
        try require(downKey, down, "[rank, I] or [rank, I, K, K]", [2, 4].contains(down.shape.rank))
        let rank = down.shape[0]
        try requireRank(downKey, down, rank)
        try require(
            upKey, up, "[O, \(rank)] as the other matrix has rank \(rank)",
            [2, 4].contains(up.shape.rank) && up.kernelCount == 1 && up.shape[1] == rank)
        let core = tensors[.middle]
        if let (key, core) = core {
            try require(
                key, core, "[\(rank), \(rank), K, K]",
                core.shape.rank == 4 && core.shape[0] == rank && core.shape[1] == rank && down.kernelCount == 1)
        }
        return WeightChange.LowRank(
            down: down, up: up.reshaped([up.shape[0], rank]), core: core?.tensor, scale: try scale(rank))
    }

    private func hadamard() throws(AdapterError) -> WeightChange.Hadamard {
        let first = try factors(nil, .hadamard1A, .hadamard1B, core: .hadamardCore1)
        let second = try factors(nil, .hadamard2A, .hadamard2B, core: .hadamardCore2)
        let key = try tensor(.hadamard2A).key
        guard first.extent == second.extent else {
            throw .invalid(
                file: file, key: key, found: "of a product \(second.extent)",
                expected: "of the first product's extent \(first.extent)")
        }
        return WeightChange.Hadamard(first: first, second: second, scale: try scale(first.rank ?? 1))
    }

    private func kronecker() throws(AdapterError) -> WeightChange.Kronecker {
        let first = try factors(.kronecker1, .kronecker1A, .kronecker1B, core: nil)
        let second = try factors(.kronecker2, .kronecker2A, .kronecker2B, core: .kroneckerCore2)
        if let (key, tensor) = tensors[.kronecker1] { try require(key, tensor, "a matrix", tensor.kernelCount == 1) }
        // Of two whole matrices alpha says nothing, as in LyCORIS.
        let rank = second.rank ?? first.rank
        let scale = if let rank { try scale(rank) } else { 1.0 }
        return WeightChange.Kronecker(first: first, second: second, scale: scale)
    }

    /// A whole matrix, a product of two, or of two and a core.
    private func factors(
        _ whole: AdapterParameter?, _ first: AdapterParameter, _ second: AdapterParameter, core: AdapterParameter?
    ) throws(AdapterError) -> WeightChange.Factors {
        if let whole, let (key, tensor) = tensors[whole] {
            try require(key, tensor, "[O, I] or [O, I, K, K]", [2, 4].contains(tensor.shape.rank))
            guard tensors[first] == nil, tensors[second] == nil else {
                throw .duplicate(file: file, keys: tensors.values.map(\.key).sorted())
            }
            return .whole(tensor)
        }
        let (aKey, a) = try tensor(first)
        let (bKey, b) = try tensor(second)
        if let core, let (key, core) = tensors[core] {
            let isSquare = core.shape.rank == 4 && core.shape[1] == core.shape[0]
            try require(key, core, "[rank, rank, K, K]", isSquare)
            let rank = core.shape[0]
            try requireRank(key, core, rank)
            for (key, x) in [(aKey, a), (bKey, b)] {
                try require(key, x, "[\(rank), …] as the core", x.shape.rank == 2 && x.shape[0] == rank)
            }
            return .tucker(core: core, a: a, b: b)
        }
        try require(aKey, a, "a matrix [O, rank]", a.shape.rank == 2)
        try requireRank(aKey, a, a.shape[1])
        try require(
            bKey, b, "[\(a.shape[1]), N] as the other matrix", b.shape.rank == 2 && b.shape[0] == a.shape[1])
        return .product(a: a, b: b)
    }

    /// DoRA's lengths: for each output, `[O]`, `[O, 1]` or peft's `[1, O, 1, 1]`; or for each input, `[1, I]`.
    private func magnitude() throws(AdapterError) -> LayerDelta.Magnitude? {
        guard let (key, tensor) = tensors[.magnitude] else { return nil }
        let extents = tensor.shape.extents
        try require(key, tensor, "one row or one column", extents.count { $0 != 1 } <= 1)
        let isOfInputs = extents.count > 1 && extents[0] == 1 && !key.contains("lora_magnitude_vector")
        return LayerDelta.Magnitude(
            values: tensor.reshaped([tensor.shape.elementCount]), isOfOutputs: !isOfInputs)
    }

    private func vector(_ parameter: AdapterParameter) throws(AdapterError) -> HostTensor? {
        guard let (key, tensor) = tensors[parameter] else { return nil }
        try require(key, tensor, "a vector", tensor.shape.rank == 1)
        return tensor
    }

    /// alpha ÷ rank, or ÷ √rank where the metadata say so; 1 where nothing speaks of alpha.
    private func scale(_ rank: Int) throws(AdapterError) -> Double {
        guard let (key, tensor) = tensors[.alpha] else {
            return scaleRules.scale(component, module: module, rank: rank)
        }
        let value = tensor.shape.elementCount == 1 ? tensor.floats.first.map(Double.init) : nil
        guard let value, value.isFinite else {
            throw .invalid(
                file: file, key: key, found: value.map { "\($0)" } ?? "\(tensor.shape)", expected: "one finite number")
        }
        return value / Double(rank)
    }

    private func has(_ parameters: AdapterParameter...) -> Bool { parameters.contains { tensors[$0] != nil } }

    private func tensor(_ parameter: AdapterParameter) throws(AdapterError) -> (key: String, tensor: HostTensor) {
        if let found = tensors[parameter] { return found }
        let found = tensors.keys.filter { $0 != .alpha }.map(\.rawValue).sorted().joined(separator: ", ")
        throw .incomplete(file: file, module: module, found: found, missing: parameter.rawValue)
    }

    private func requireRank(_ key: String, _ tensor: HostTensor, _ rank: Int) throws(AdapterError) {
        try require(key, tensor, "of a rank from 1 to \(Self.maximumRank)", (1...Self.maximumRank).contains(rank))
    }

    private func require(
        _ key: String, _ tensor: HostTensor, _ expected: String, _ isValid: Bool
    ) throws(AdapterError) {
        guard !isValid else { return }
        throw .invalid(
            file: file, key: key, found: "\(tensor.shape) of \(tensor.elementType.rawValue)", expected: expected)
    }
}

extension HostTensor {
    /// Whether elements are of a floating-point type.
    fileprivate var isOfFractions: Bool { [.float64, .float32, .float16, .bfloat16].contains(elementType) }
}
