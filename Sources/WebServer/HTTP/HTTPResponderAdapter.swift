import Callers
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import Requests

/// Thrown after an answer that ends its connection; the channel handler closes on it.
struct ConnectionEnds: Error {}

/// Joins Hummingbird's HTTP channel to what answers requests, without Hummingbird's `Application`: finds the origin of
/// each request, has it answered, and adds the headers that every answer carries.
struct HTTPResponderAdapter: Sendable {
    private let responder: any WebResponder
    private let resolver: ClientAddressResolver
    private let isDraining: @Sendable () -> Bool
    private let isTLSRequired: Bool
    private let logger: Logger
    private let dates = HTTPDateCache()

    /// The largest body that a client is told to go on with (RFC 9110 §10.1.1). A larger one is refused
    /// before it is sent.
    private static var maxInvitedBytes: Int { maxDrainedBytes }
    /// How much of a body that is too large is read and dropped, so that its sender, busy writing, gets to
    /// see the answer instead of a reset. What exceeds this is cut off.
    private static let maxDrainedBytes = 1 << 20

    /// - Parameters:
    ///   - responder: answers each request.
    ///   - resolver: the one that the WebSocket side uses too, so that its warning comes once.
    ///   - isDraining: whether every answer shall end its connection.
    ///   - isTLSRequired: whether requests without TLS are redirected; browsers are also told to use TLS from the
    ///     start.
    init(
        responder: any WebResponder, resolver: ClientAddressResolver,
        isDraining: @escaping @Sendable () -> Bool, isTLSRequired: Bool = false, logger: Logger
    ) {
        self.responder = responder
        self.resolver = resolver
        self.isDraining = isDraining
        self.isTLSRequired = isTLSRequired
        self.logger = logger
    }

    /// What `HTTP1Channel(responder:configuration:)` takes: clients are who their sockets say.
    var channelResponder: HTTPChannelHandler.Responder {
        { request, writer, channel in
            try await self.serve(request, writer, peer: channel.remoteAddress, isProxied: false)
        }
    }

    /// The same for one connection, whose client is known otherwise.
    func channelResponder(peer: SocketAddress?, isProxied: Bool) -> HTTPChannelHandler.Responder {
        { request, writer, _ in
            try await self.serve(request, writer, peer: peer, isProxied: isProxied)
        }
    }

    private func serve(
        _ request: Request, _ writer: consuming ResponseWriter, peer: SocketAddress?, isProxied: Bool
    ) async throws {
        let context = self.context(of: request, peer: peer, isProxied: isProxied)
        let isBodyComing =
            !Self.awaitsContinue(request) || Self.declaredLength(request) <= Self.maxInvitedBytes
        if isBodyComing, Self.awaitsContinue(request) {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        let response = try await respond(to: request, context: context)
        try await writer.write(response: response.head, body: response.body)
        guard response.headers[.connection] == "close", request.headers[.connection] != "close" else {
            return
        }
        if isBodyComing, !context.isBodyTouched.isSet { try await drain(request) }
        throw ConnectionEnds()
    }

    /// Makes the context of a request whose connection comes from `peer`.
    ///
    /// - Parameter isProxied: whether the connection began with a PROXY header.
    func context(of request: Request, peer: SocketAddress?, isProxied: Bool = false) -> WebRequestContext {
        var provenance = RequestProvenance()
        provenance.authority = request.head.authority ?? ""
        provenance.isProxied = isProxied
        for field in request.headers { provenance.note(field.name.canonicalName, field.value) }
        let origin = resolver.resolve(peer: peer, provenance)
        return WebRequestContext(logger: logger, origin: origin)
    }

    /// Answers a request, all headers included. Throws only when there is no client left to answer.
    func respond(to request: Request, context: WebRequestContext) async throws -> Response {
        var response = try await responder.respond(to: request, context: context)
        response.headers[.date] = dates.text()
        // All but the pages.
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        response.headers[.xContentTypeOptions] = "nosniff"
        if isTLSRequired, request.head.scheme == "https" {
            response.headers[.strictTransportSecurity] = "max-age=31536000"
        }
        if isDraining() || Self.asksToClose(request) { response.headers[.connection] = "close" }
        if request.method == .head, response.body.contentLength != 0 {
            response = response.createHeadResponse()
        }
        return response
    }

    /// Reads what the sender is still sending, within bounds, so that closing does not reset the connection
    /// under the answer. The time is bounded by the connection's own deadlines.
    private func drain(_ request: Request) async throws {
        var total = 0
        for try await part in request.body {
            total += part.readableBytes
            if total > Self.maxDrainedBytes { return }
        }
    }

    private static func declaredLength(_ request: Request) -> Int {
        request.headers[.contentLength].flatMap { Int($0) } ?? 0
    }

    /// Whether the body is held back until it is asked for. HTTP/1.0 requests have lost the field on their way here.
    private static func awaitsContinue(_ request: Request) -> Bool {
        request.headers[.expect]?.lowercased() == "100-continue"
            && (declaredLength(request) > 0 || request.headers.contains(.transferEncoding))
    }

    private static func asksToClose(_ request: Request) -> Bool {
        request.headers[values: .connection].contains { line in
            line.split(separator: ",").contains { $0.trimmingOptionalWhitespace().lowercased() == "close" }
        }
    }
}
