/// What a pickle says, without any of it being done.
///
/// Tuples, lists and dictionaries are numbers of the reader's tables, so that no value owns another: however deep a
/// pickle nests them, nothing recurses.
enum PickleValue: Hashable {
    case none
    case bool(Bool)
    case integer(Int)
    case text(String)
    /// Something that no tensor needs: a float, bytes, what a skipped class would have made.
    case opaque
    case global(PickleGlobal)
    case tuple(Int)
    case list(Int)
    case dictionary(Int)
    case storage(Int)
    case tensor(Int)
}

/// The names that a pickle may refer to.
///
/// They are names only: nothing of Python is there to be called.
enum PickleGlobal: Hashable {
    /// `collections.OrderedDict`, and PyTorch's `ParameterDict`, whose state has the parameters.
    case orderedDictionary, parameterDictionary
    case rebuildTensor, rebuildParameter, size
    /// `torch.FloatStorage` and its like.
    case storage(PickledType)
    /// Classes of trainers and numbers of numpy, which lie beside the weights; what they would make is skipped.
    case skipped(String)

    init?(module: String, name: String) {
        switch (module, name) {
        case ("collections", "OrderedDict"): self = .orderedDictionary
        case ("torch.nn.modules.container", "ParameterDict"): self = .parameterDictionary
        case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
        case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
        case ("torch", "Size"): self = .size
        case ("torch", _):
            guard let type = PickledType(storage: name) else { return nil }
            self = .storage(type)
        case ("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint"),
            ("pytorch_lightning.callbacks", "ModelCheckpoint"), ("numpy.core.multiarray", "scalar"),
            ("numpy._core.multiarray", "scalar"), ("numpy", "dtype"), ("_codecs", "encode"), ("__builtin__", "set"),
            ("builtins", "set"):
            self = .skipped("\(module).\(name)")
        default: return nil
        }
    }
}

/// The element types of PyTorch's storages.
enum PickledType: String, Hashable, CaseIterable {
    case float32 = "FloatStorage", float64 = "DoubleStorage", float16 = "HalfStorage", bfloat16 = "BFloat16Storage"
    case int64 = "LongStorage", int32 = "IntStorage", int16 = "ShortStorage", int8 = "CharStorage"
    case uint8 = "ByteStorage", bool = "BoolStorage"

    init?(storage name: String) { self.init(rawValue: name) }
}
