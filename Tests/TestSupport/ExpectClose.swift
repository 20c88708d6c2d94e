public import DaguerreTensors
public import Testing

/// Expects `actual` to be within `tolerance` of `expected`; reports the worst element at the caller's line.
public func expectClose(
    _ actual: HostTensor, _ expected: HostTensor, _ tolerance: Tolerance, _ comment: Comment? = nil,
    at location: SourceLocation = #_sourceLocation
) {
    let difference = Difference(actual, expected, tolerance)
    #expect(
        difference.isWithinTolerance, "\(comment.map { $0.rawValue + ": " } ?? "")\(difference.description)",
        sourceLocation: location)
}

/// Expects `actual`, fetched from `backend`, to be within `tolerance` of `expected`.
public func expectClose(
    _ actual: Tensor, _ expected: HostTensor, _ tolerance: Tolerance, on backend: some Backend,
    _ comment: Comment? = nil, at location: SourceLocation = #_sourceLocation
) throws {
    expectClose(try backend.download(actual), expected, tolerance, comment, at: location)
}
