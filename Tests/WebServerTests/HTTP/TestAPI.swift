import Addresses
import HTTPTypes
import Hummingbird
import JSON
import Logging
import Metrics
import NIOCore
import Pairing
import Signaling
import TestSupport
import Testing

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
    private let answer: @Sendable (Request, SocketAddress) async throws -> Response

    init(
        store: (any PairingStore)? = InMemoryPairingStore(), trusting proxies: [String] = [],
        configure: (inout HTTPConfiguration) -> Void = { _ in },
        services: (inout WebServices) -> Void = { _ in }
    ) {
        var configuration = HTTPConfiguration()
        // All tests of the package share a few threads; who tests the deadline sets another.
        configuration.readinessTimeout = .seconds(60)
        configure(&configuration)
        var webServices = WebServices(pairing: store)
        services(&webServices)
        let adapter = HTTPResponderAdapter(
            responder: makeResponder(configuration: configuration, services: webServices, metrics: metrics),
            resolver: ClientAddressResolver(
                trustedProxies: proxies.compactMap { IPRange(network: $0) }, logger: log.logger),
            isDraining: webServices.isDraining, logger: log.logger)
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
