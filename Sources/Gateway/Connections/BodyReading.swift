import NIOCore

/// A request's body on its way from the connection to the task that answers.
struct BodyReading {
    /// What the task reads.
    typealias Sequence = NIOThrowingAsyncSequenceProducer<
        ByteBuffer, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, Demand
    >

    /// Tells the connection what the task wants.
    struct Demand: NIOAsyncSequenceProducerDelegate {
        fileprivate let loop: NIOLoopBound<RequestLoop>

        func produceMore() { loop.execute { $0.bodyIsWanted() } }
        func didTerminate() { loop.execute { $0.bodyIsWanted() } }
    }

    private let source: Sequence.Source
    /// Whether the task keeps up.
    private(set) var isWanted = true

    /// A body that has not begun, and what is to read it.
    static func begin(on loop: NIOLoopBound<RequestLoop>) -> (BodyReading, Sequence) {
        // So many pieces wait at most, and of them a connection gives one a read.
        let made = Sequence.makeSequence(
            elementType: ByteBuffer.self, failureType: (any Error).self,
            backPressureStrategy: .init(lowWatermark: 2, highWatermark: 10), finishOnDeinit: true,
            delegate: Demand(loop: loop))
        return (BodyReading(source: made.source), made.sequence)
    }

    private init(source: Sequence.Source) { self.source = source }

    /// More has come; what a task no longer reads is thrown away.
    mutating func take(_ bytes: ByteBuffer) { if source.yield(bytes) == .stopProducing { isWanted = false } }

    /// The task has caught up, or given up.
    mutating func want() { isWanted = true }

    /// Nothing more comes: the body is whole where `error` is nil.
    func end(_ error: (any Error)? = nil) {
        if let error { source.finish(error) } else { source.finish() }
    }
}
