import CBuiltinModel
import DaguerreCheckpoints

/// The files of the built-in model, which lie in the binary.
func builtinModelFiles() -> EmbeddedModelFolder {
    var files: [String: UnsafeRawBufferPointer] = [:]
    for index in 0..<builtin_model_file_count() {
        let file = builtin_model_file_at(index)
        guard let path = file.path, let bytes = file.bytes else { continue }
        files[String(cString: path)] = UnsafeRawBufferPointer(start: bytes, count: file.byte_count)
    }
    return EmbeddedModelFolder(name: "builtin", files: files)
}
