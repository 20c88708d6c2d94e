import AsyncHTTPClient
import Crypto
import Hummingbird
import NIOHTTPTypesHTTP1
import NIOSSL
import NIOWebSocket
