import Hummingbird
import NIOSSL
import NIOWebSocket
import AsyncHTTPClient
import NIOHTTPTypesHTTP1
import Crypto
