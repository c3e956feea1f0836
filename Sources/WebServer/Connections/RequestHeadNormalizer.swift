import Addresses
import NIOCore
import NIOHTTP1
import Requests

/// Stands right behind the HTTP decoder, before types that know neither a request's version nor the forms of its
/// target: makes every target a path or `*`, by the rule of ``RequestTarget``, and takes from HTTP/1.0 requests what
/// only later versions have.
final class RequestHeadNormalizer: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    /// A request could not be read; nothing behind it is a request.
    private var hasFailed = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if hasFailed { return }
        guard case .head(let head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        guard let normal = Self.normalized(head) else {
            hasFailed = true
            return context.fireErrorCaught(HTTPParserError.invalidURL)
        }
        context.fireChannelRead(wrapInboundOut(.head(normal)))
    }

    /// The head as everything behind the decoder knows it; nil for one that the gate refuses as well, and does earlier
    /// and with a better word, but for request lines that only the decoder can read.
    static func normalized(_ received: HTTPRequestHead) -> HTTPRequestHead? {
        var head = received
        let isOld = head.version.major < 1 || head.version == .http1_0
        let hosts = head.headers["Host"].count
        guard let target = RequestTarget(head.uri, method: head.method.rawValue), target.subject != .tunnel,
            hosts == 1 || isOld && hosts == 0, !isOld || !head.headers.contains(name: "Transfer-Encoding")
        else { return nil }
        if let authority = target.authority {
            head.uri = target.pathAndQuery
            // RFC 9112 §3.2.2.
            head.headers.replaceOrAdd(name: "Host", value: authority.description)
        }
        // RFC 9110 §10.1.1.
        if isOld { head.headers.remove(name: "Expect") }
        return head
    }
}
