import Addresses
import Glibc
import Logging
import Pairing
import TLS
import TestSupport
import Testing

@testable import WebServer

/// A stream that was handed over, where tests can get at it.
private final class Taken: @unchecked Sendable {
    let socket: Int32
    let client: TransportAddress
    let server: TransportAddress
    let received: [UInt8]
    let isTLS: Bool
    var tls: TLSSession?

    init(_ stream: consuming DetachedStream) {
        var stream = stream
        (client, server, received) = (stream.client, stream.server, stream.received)
        socket = stream.takeSocket()
        isTLS = stream.isTLS
        tls = stream.takeTLS()
    }

    deinit { close(socket) }
}

/// A client's socket. It waits without a thread, which the server under test needs, and for ten seconds at most.
private final class Caller {
    let socket: Int32

    init(port: Int) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        // 127.0.0.1, by the bytes of `sockaddr_in`: whose module that belongs to depends on what else is imported.
        let port = UInt16(port)
        let family = UInt16(AF_INET)
        let address: [UInt8] =
            [UInt8(truncatingIfNeeded: family), UInt8(family >> 8), UInt8(port >> 8), UInt8(port & 255)]
            + [127, 0, 0, 1] + [UInt8](repeating: 0, count: 8)
        let result = address.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return Int32(-1) }
            return connect(socket, base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        guard result == 0 else { throw TestTrouble("connect") }
    }

    deinit { close(socket) }

    func send(_ bytes: [UInt8]) { _ = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

    /// What has come; empty at the end, nil if nothing comes.
    func receive() async throws -> [UInt8]? { try await WebServerTests.receive(from: socket) }

    func receiveToEnd() async throws -> [UInt8] {
        var all: [UInt8] = []
        while let piece = try await receive(), !piece.isEmpty { all += piece }
        return all
    }
}

/// What has come to a socket; empty at the end, nil if nothing comes in ten seconds.
private func receive(from socket: Int32) async throws -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let end = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < end {
        let count = recv(socket, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        if count >= 0 { return Array(bytes.prefix(count)) }
        guard errno == EAGAIN || errno == EINTR else { return nil }
        try await Task.sleep(for: .milliseconds(2))
    }
    return nil
}

@Suite("Streams that go to the relay")
struct HandOverTests {
    private static let binding: [UInt8] = [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42] + (0..<12).map { UInt8($0) }

    /// Runs a server that hands streams over, or has no relay, while `body` talks to it.
    private func serving(
        hasRelay: Bool = true, protocols: [String] = ["stun.turn", "http/1.1"],
        _ body: (WebServer.Ports, inout AsyncStream<Taken>.Iterator) async throws -> Void
    ) async throws {
        let keys = try TestKeyPair()
        let settings = TLSSettings(
            certificateFile: keys.certificateFile, privateKeyFile: keys.keyFile,
            applicationProtocols: protocols)
        let (streams, handOver) = AsyncStream.makeStream(of: Taken.self)
        let (ports, listening) = AsyncStream.makeStream(of: WebServer.Ports.self)
        var configuration = WebServerConfiguration()
        (configuration.host, configuration.port, configuration.tlsPort) = ("127.0.0.1", 0, 0)
        configuration.eventLoops = 1
        var takeStream: StreamTaker?
        if hasRelay { takeStream = { stream in handOver.yield(Taken(stream)) } }
        let logger = RecordingLog().logger
        let server = WebServer(
            configuration: configuration, takeStream: takeStream,
            certificates: try TLSCertificates(settings, logger: logger),
            telemetry: WebServerTelemetry(forwardLatency: { _, _ in }), logger: logger,
            onListening: { listening.yield($0) }, responder: { _ in OKResponder() })
        let running = Task { try await server.run() }
        var bound = ports.makeAsyncIterator()
        let opened = try #require(await bound.next())
        var iterator = streams.makeAsyncIterator()
        do {
            try await body(opened, &iterator)
        } catch {
            running.cancel()
            throw error
        }
        running.cancel()
        _ = try? await running.value
    }

    @Test("A plain connection that begins with STUN arrives with its bytes and lives on")
    func plain() async throws {
        try await serving { ports, streams in
            let caller = try Caller(port: ports.plain)
            caller.send(Self.binding)
            let stream = try #require(await streams.next())
            #expect(stream.received == Self.binding)
            #expect(stream.client.ip == .loopbackIPv4)
            #expect(stream.server == TransportAddress(.loopbackIPv4, port: UInt16(ports.plain)))
            #expect(!stream.isTLS)
            // Neither side's direction has been ended by the server that let go of it.
            _ = send(stream.socket, [1, 2, 3] as [UInt8], 3, 0)
            #expect(try await caller.receive() == [1, 2, 3])
            caller.send([4, 5])
            #expect(try await receive(from: stream.socket) == [4, 5])
        }
    }

    @Test("A single byte is enough to tell")
    func oneByte() async throws {
        try await serving { ports, streams in
            let caller = try Caller(port: ports.plain)
            caller.send([0])
            #expect(await streams.next()?.received == [0])
        }
    }

    @Test(
        "A TLS connection arrives with its session, and goes on in the middle",
        arguments: [[], ["stun.turn"], ["http/1.1"]] as [[String]])
    func tls(offered: [String]) async throws {
        try await serving { ports, streams in
            let (caller, client) = try await handshake(ports, offered)
            client.write(Self.binding)
            caller.send(client.takeRecords())
            let stream = try #require(await streams.next())
            #expect(stream.received == Self.binding)
            try await talk(stream, caller, client)
        }
    }

    @Test("ALPN alone decides, whatever the first byte is")
    func alpnDecides() async throws {
        try await serving { ports, streams in
            let (caller, client) = try await handshake(ports, ["stun.turn"])
            client.write(Array("GET / HTTP/1.1\r\n\r\n".utf8))
            caller.send(client.takeRecords())
            #expect(await streams.next()?.received.first == UInt8(ascii: "G"))
        }
    }

    @Test("HTTP stays on both ports")
    func http() async throws {
        try await serving { ports, _ in
            let request = Array("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
            let plain = try Caller(port: ports.plain)
            plain.send(request)
            #expect(
                String(decoding: try await plain.receiveToEnd(), as: UTF8.self).hasPrefix("HTTP/1.1 200 "))
            let (caller, client) = try await handshake(ports, [])
            client.write(request)
            caller.send(client.takeRecords())
            client.feed(try await caller.receiveToEnd())
            #expect(String(decoding: client.read(), as: UTF8.self).hasPrefix("HTTP/1.1 200 "))
            #expect(client.wasToldGoodbye)
        }
    }

    @Test("Without a relay, STUN is bad input")
    func noRelay() async throws {
        try await serving(hasRelay: false, protocols: ["http/1.1"]) { ports, _ in
            let plain = try Caller(port: ports.plain)
            plain.send(Self.binding)
            #expect(
                String(decoding: try await plain.receiveToEnd(), as: UTF8.self).hasPrefix("HTTP/1.1 400 "))
        }
    }

    private func handshake(
        _ ports: WebServer.Ports, _ offered: [String]
    ) async throws -> (Caller, TLSMemoryClient) {
        let caller = try Caller(port: try #require(ports.tls))
        let client = try TLSMemoryClient(protocols: offered)
        while !client.handshake() {
            caller.send(client.takeRecords())
            client.feed(try #require(await caller.receive()))
        }
        caller.send(client.takeRecords())
        return (caller, client)
    }

    /// Has the session go on by the handed descriptor, in both directions.
    private func talk(_ stream: Taken, _ caller: Caller, _ client: TLSMemoryClient) async throws {
        let exchange = UnsafeMutablePointer<TLSExchange>.allocate(capacity: 1)
        defer { exchange.deallocate() }
        exchange.initialize(to: TLSExchange(socket: stream.socket))
        stream.tls?.attach(to: exchange)
        let written = stream.tls?.write([7, 8, 9] as [UInt8], byteCount: 3)
        #expect(written == .done(3))
        var answer: [UInt8] = []
        while answer.isEmpty {
            client.feed(try #require(await caller.receive()))
            answer = client.read()
        }
        #expect(answer == [7, 8, 9])
        client.write([1, 1])
        caller.send(client.takeRecords())
        let records = try #require(await receive(from: stream.socket))
        var plain = [UInt8](repeating: 0, count: 100)
        records.withUnsafeBytes {
            exchange.pointee = TLSExchange(
                socket: stream.socket, input: $0.baseAddress, inputByteCount: $0.count)
            let read = stream.tls?.read(into: &plain, byteCount: 100)
            #expect(read == .done(2))
        }
        #expect(plain.prefix(2) == [1, 1])
    }
}
