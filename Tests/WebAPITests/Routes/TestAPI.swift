import Access
import Addresses
import Callers
import HTTPTypes
import HummingbirdCore
import JSON
import Logging
import Metrics
import NIOCore
import Pairing
import TestSupport
import Testing

@testable import WebAPI
@testable import WebServer

/// The whole HTTP side without a network: requests go in, complete answers come out.
struct TestAPI {
    /// One answer, body collected.
    struct Answer {
        let status: Int
        let headers: HTTPFields
        let body: String

        private var object: JSONObject? {
            Array(body.utf8).withUnsafeBytes { JSONObject($0) }
        }

        func string(_ name: String) -> String? {
            guard case .string(let text)? = object?[name] else { return nil }
            return text
        }

        func number(_ name: String) -> Double? {
            guard case .number(let number)? = object?[name] else { return nil }
            return number
        }

        var error: String? { string("error") }
    }

    let log = RecordingLog()
    let metrics = RecordingMetrics()
    let api: WebAPI
    private let answer: @Sendable (Request, SocketAddress) async throws -> Response

    init(
        store: (any PairingStore)? = InMemoryPairingStore(), trusting proxies: [String] = [],
        configure: (inout WebAPIConfiguration) -> Void = { _ in },
        services: (inout TestServices) -> Void = { _ in }
    ) {
        var configuration = WebAPIConfiguration()
        // All tests of the package share a few threads; who tests the deadline sets another.
        configuration.readinessTimeout = .seconds(60)
        configure(&configuration)
        var chosen = TestServices()
        services(&chosen)
        let server = chosen.server
        let api = WebAPI(
            configuration: configuration, pairing: store, admission: chosen.admission, server: server,
            iceServers: chosen.iceServers, relayHealth: chosen.relayHealth, pages: chosen.pages,
            metrics: metrics)
        self.api = api
        let adapter = HTTPResponderAdapter(
            responder: AnsweringAPI(api: api),
            resolver: ClientAddressResolver(
                trustedProxies: proxies.compactMap { IPRange(network: $0) }, logger: log.logger),
            isDraining: { server.isDraining }, logger: log.logger)
        answer = { request, peer in
            try await adapter.respond(to: request, context: adapter.context(of: request, peer: peer))
        }
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, headers: HTTPFields = [:],
        host: String = "localhost", from peer: String = "127.0.0.1"
    ) async throws -> Answer {
        try await send(
            method, path, parts: body.map { [Array($0.utf8)] } ?? [], headers: headers, host: host, from: peer
        )
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, parts: [[UInt8]], headers: HTTPFields = [:],
        host: String = "localhost", from peer: String = "127.0.0.1"
    ) async throws -> Answer {
        let head = HTTPRequest(
            method: method, scheme: "http", authority: host, path: path, headerFields: headers)
        let stream = AsyncStream<ByteBuffer> { continuation in
            for part in parts { continuation.yield(ByteBuffer(bytes: part)) }
            continuation.finish()
        }
        let request = Request(head: head, body: RequestBody(asyncSequence: stream))
        let response = try await answer(request, try SocketAddress(ipAddress: peer, port: 40_000))
        let collected = CollectedBody()
        try await response.body.write(CollectingWriter(body: collected))
        let text = String(buffer: collected.bytes)
        return Answer(status: response.status.code, headers: response.headers, body: text)
    }

    func post(_ path: String, _ body: String, from peer: String = "127.0.0.1") async throws -> Answer {
        try await send(.post, path, body, from: peer)
    }

    /// Creates, accepts and checks an invitation; returns the room.
    func pair(_ code: String, _ client1: String, _ client2: String) async throws -> String {
        let created = try await post(
            "/api/rooms", #"{"joinid":"\#(code)","client1":"\#(client1)","expiresInSeconds":60}"#)
        #expect(created.status == 201)
        let accepted = try await post("/api/rooms/accept", #"{"joinid":"\#(code)","client2":"\#(client2)"}"#)
        #expect(accepted.status == 200)
        return try #require(accepted.string("roomid"))
    }
}

/// What the routes ask of the rest of the server, as a test wants it.
struct TestServices {
    var admission: any Admission = OpenAdmission()
    var server = StubServer()
    var iceServers: (any ICEServerSource)?
    var relayHealth: (@Sendable () async -> Bool)?
    var pages: WebPages?
}

/// A server that tells what the test says.
struct StubServer: ServerReport {
    var isDraining = false
    var rooms: [LiveRoom] = []
    var metrics = ""

    var roomCount: Int { rooms.count }
    func rooms(limit: Int) -> [LiveRoom] { Array(rooms.prefix(limit)) }
    func metricsText() -> String { metrics }
}

/// The API as a web server is handed it.
struct AnsweringAPI: WebResponder {
    let api: WebAPI

    func respond(to request: Request, context: WebRequestContext) async throws -> Response {
        try await api.respond(to: request, context: context)
    }

    func endWaits() { api.endWaits() }
}

extension HTTPField.Name {
    /// The chain of proxies, the de-facto standard that RFC 7239 replaces.
    static let xForwardedFor: HTTPField.Name = {
        guard let name = HTTPField.Name("X-Forwarded-For") else { preconditionFailure("a token") }
        return name
    }()
}

private final class CollectedBody {
    var bytes = ByteBuffer()
}

private struct CollectingWriter: ResponseBodyWriter {
    let body: CollectedBody

    mutating func write(_ buffer: ByteBuffer) async throws {
        body.bytes.writeImmutableBuffer(buffer)
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
