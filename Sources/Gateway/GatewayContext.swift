import DaguerreJobs
public import Hummingbird
public import NIOCore

/// What is known of a request while it is answered.
public struct GatewayContext: RequestContext {
    /// What Hummingbird keeps.
    public var coreContext: CoreRequestContextStorage
    /// Names the request in logs, answers and the records of what it led to.
    public var requestID: String {
        get { trace.requestID }
        set { trace.requestID = newValue }
    }
    /// Beside that, where the request belongs in a trace.
    var trace = JobTrace(requestID: "")
    /// Where the other end of the connection is.
    public let remoteAddress: SocketAddress?
    /// Who asks, once that is known.
    var identity: Caller?

    /// The context of a request that has just arrived.
    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress
    }

    /// Who asks.
    ///
    /// - Throws: ``GatewayError/unauthorized`` on routes that do not ask for it.
    public var caller: Caller {
        get throws(GatewayError) {
            guard let identity else { throw .unauthorized }
            return identity
        }
    }

    /// The request's name.
    public var id: String { requestID }
}
