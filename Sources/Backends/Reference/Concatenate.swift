public import DaguerreTensors

extension ReferenceBackend {
    /// Each row of the result is the rows of `tensors`, one after another.
    public func concatenateChannels(_ tensors: [Tensor]) throws -> Tensor {
        precondition(!tensors.isEmpty, "there is a tensor to join")
        let shape = tensors[0].shape.withChannels(tensors.reduce(0) { $0 + $1.shape.channels })
        precondition(
            tensors.allSatisfy { $0.shape.withChannels(0) == shape.withChannels(0) }, "all axes but the last agree")
        let inputs = try tensors.map { (values: try values($0, "concatenateChannels"), channels: $0.shape.channels) }
        return try tensor(shape) { out in
            var i = 0
            for row in 0..<shape.rows {
                for (values, channels) in inputs {
                    for c in 0..<channels { out[i + c] = values[row * channels + c] }
                    i += channels
                }
            }
        }
    }

    /// The elements of `tensors`, one tensor after another.
    public func concatenateBatch(_ tensors: [Tensor]) throws -> Tensor {
        precondition(!tensors.isEmpty, "there is a tensor to join")
        let shape = tensors[0].shape.withBatch(tensors.reduce(0) { $0 + $1.shape[0] })
        precondition(tensors.allSatisfy { $0.shape.withBatch(0) == shape.withBatch(0) }, "all axes but the first agree")
        try checkMemory(shape.elementCount)
        return tensor(try tensors.flatMap { try values($0, "concatenateBatch") }, shape)
    }
}
