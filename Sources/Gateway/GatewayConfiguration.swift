/// What a deployment decides of the gateway.
public struct GatewayConfiguration: Sendable {
    /// Address or name that is listened on.
    public var host = "127.0.0.1"
    /// Port that is listened on; 0 takes any that is free.
    public var port = 7860
    /// Files with the certificate chain and its key, both PEM; HTTP without TLS where nil.
    public var tls: TLSFiles?
    /// Origins whose pages may use the server beside its own: `https://example.org`; none unless some are given.
    public var allowedOrigins: [String] = []
    /// Names that the server goes by beside `localhost` and its addresses; they matter where no keys are asked for.
    public var allowedHosts: [String] = []
    /// Whether the page at `/` is served.
    public var servesPage = true
    /// Which interfaces are served beside the native one.
    public var interfaces: Set<Interface> = Set(Interface.allCases)
    /// Hosts whose images requests may name by URL, over HTTPS; none unless some are given, and then no connection is ever made.
    public var imageHosts: [String] = []
    /// Where clients reach the server, for addresses in answers: `https://images.example.org`; as they called it where nil.
    public var publicAddress: String?
    /// Names of models that clients have built in (`dall-e-3`), and the registry's names that stand in for them.
    public var modelAliases: [String: String] = [:]
    /// Whether `/metrics` answers without a key where keys are asked for; else it takes one of scope `admin`.
    public var metricsAreOpen = false
    /// Bounds on what clients send and hold.
    public var bounds = Bounds()
    /// Seconds that `/readyz` says no before the listener closes.
    public var drainDelaySeconds = 0.0
    /// Seconds after which clients that wait for jobs are sent away when the server ends.
    public var drainSeconds = 30.0

    /// Interfaces beside the native one.
    public enum Interface: String, CaseIterable, Sendable {
        /// `/v1/images/…` as OpenAI has it.
        case openAI = "openai"
        /// `/sdapi/v1/…` as AUTOMATIC1111 has it.
        case webUI = "webui"
        /// `/generate`.
        case minimal
    }

    /// A certificate and its key.
    public struct TLSFiles: Equatable, Sendable {
        /// Paths.
        public var certificateChain: String, privateKey: String

        /// The files of a certificate chain and its key.
        public init(certificateChain: String, privateKey: String) {
            self.certificateChain = certificateChain
            self.privateKey = privateKey
        }
    }

    /// Bounds on what clients send and hold.
    public struct Bounds: Equatable, Sendable {
        /// Bytes of a request's headers together.
        public var headerBytes = 16 << 10
        /// Fields of a request's headers.
        public var headerFields = 100
        /// Bytes of a JSON body without pictures in it.
        public var jsonBytes = 1 << 20
        /// Bytes of a body that carries pictures in it, of the compatible interfaces.
        public var picturesBytes = 48 << 20
        /// Bytes of an upload.
        public var uploadBytes = 32 << 20
        /// Bodies of more than a mebibyte that are held at once, at most half of them of one owner.
        public var largeBodies = 8
        /// Seconds that such a body may take, beside those that its bytes may.
        public var heldGraceSeconds = 10.0
        /// Bytes a second that such a body must come with on the whole.
        public var heldBytesPerSecond = 64 << 10
        /// Requests at once for which the gateway itself computes on pictures, at most half of them of one owner.
        public var pictureWork = 4
        /// Seconds in which a request's headers must have arrived.
        public var headerSeconds = 10.0
        /// Seconds for which a connection may do nothing between requests.
        public var idleSeconds = 60.0
        /// Bytes a second that a body must arrive with, over any five seconds.
        public var bodyBytesPerSecond = 1024
        /// Seconds in which a client must take something of what is sent to it.
        public var writeSeconds = 30.0
        /// Connections at once.
        public var connections = 8192
        /// Connections at once of one address.
        public var connectionsPerAddress = 8192
        /// Seconds between signs of life on streams that have nothing to tell.
        public var keepAliveSeconds = 15.0
        /// Bytes of a message that a WebSocket client sends.
        public var messageBytes = 64 << 10
        /// Seconds between looks at the keys of WebSockets and streams that are open.
        public var keySeconds = 0.5
        /// Seconds between pings of a WebSocket.
        public var pingSeconds = 20.0
        /// Jobs that one WebSocket client watches at once.
        public var subscriptions = 64

        /// As documented at each.
        public init() {}
    }

    /// Open to this machine only.
    public init() {}
}
