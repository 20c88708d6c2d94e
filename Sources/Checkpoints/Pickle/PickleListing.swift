extension TorchCheckpoint {
    /// What was found, as one JSON object: what a process that reads a pickle tells the one that asked.
    public var listing: [UInt8] {
        var tensors: [JSONValue] = []
        for entry in entries {
            tensors.append(
                .members([
                    ("key", .string(entry.key)), ("dtype", .string(entry.elementType.safetensorsName)),
                    ("shape", .integers(entry.shape)), ("strides", .integers(entry.strides)),
                    ("start", .integer(entry.start)),
                ]))
        }
        let texts = metadata.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
        return JSONValue.members([("metadata", .members(texts)), ("tensors", .array(tensors))]).fileText
    }
}
