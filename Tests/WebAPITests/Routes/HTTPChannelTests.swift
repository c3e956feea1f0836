import Callers
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Pairing
import TestSupport
import Testing

@testable import WebAPI
@testable import WebServer

/// Over a real socket, through Hummingbird's HTTP channel: what the responder alone cannot show.
@Suite("The API on a connection")
struct HTTPChannelTests {
    /// Sends bytes to a fresh server in the given portions and returns all that comes back until it closes.
    private func exchange(_ portions: [String]) async throws -> String {
        let logger = RecordingLog().logger
        let api = WebAPI(
            configuration: WebAPIConfiguration(), pairing: InMemoryPairingStore(), server: StubServer())
        let adapter = HTTPResponderAdapter(
            responder: AnsweringAPI(api: api), resolver: ClientAddressResolver(), isDraining: { false },
            logger: logger)
        let http = HTTP1Channel(responder: adapter.channelResponder)
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ServerBootstrap(group: group)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(host: "127.0.0.1", port: 0) { channel in http.setup(channel: channel, logger: logger) }
        let port = try #require(server.channel.localAddress?.port)
        return try await withThrowingTaskGroup(of: String?.self) { tasks in
            tasks.addTask {
                try await server.executeThenClose { connections in
                    for try await connection in connections {
                        await http.handle(value: connection, logger: logger)
                        return
                    }
                }
                return nil
            }
            tasks.addTask { try await Self.talk(to: port, portions, group) }
            var answer = ""
            for try await result in tasks { answer += result ?? "" }
            return answer
        }
    }

    private static func talk(
        to port: Int, _ portions: [String], _ group: any EventLoopGroup
    ) async throws -> String {
        let client = try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port) {
            channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        return try await client.executeThenClose { inbound, outbound in
            for portion in portions {
                // A server that has answered may have closed already.
                guard (try? await outbound.write(ByteBuffer(string: portion))) != nil else { break }
            }
            var received = ""
            for try await part in inbound { received += String(buffer: part) }
            return received
        }
    }

    private func request(_ path: String, _ headers: String, _ body: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: x\r\n\(headers)\r\n\r\n\(body)"
    }

    @Test("Requests on one connection are answered in order until one asks to close")
    func keepsAlive() async throws {
        let create = #"{"joinid":"1","client1":"a","expiresInSeconds":60}"#
        let first = request("/api/rooms", "Content-Length: \(create.utf8.count)", create)
        let last = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n"
        let answer = try await exchange([first, last])
        let created = try #require(answer.firstRange(of: "HTTP/1.1 201 Created"))
        let healthy = try #require(answer.firstRange(of: "HTTP/1.1 200 OK"))
        #expect(created.lowerBound < healthy.lowerBound)
        #expect(answer.hasSuffix(#"{"status":"ok"}"#))
    }

    @Test("A body that is too large is answered whole, then the connection ends")
    func tooLarge() async throws {
        let body = String(repeating: "x", count: 400_000)
        let declared = request("/api/rooms", "Content-Length: \(body.utf8.count)", body)
        let chunk = String(body.utf8.count, radix: 16)
        let chunked = request("/api/rooms", "Transfer-Encoding: chunked", "\(chunk)\r\n\(body)\r\n0\r\n\r\n")
        let next = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        for message in [declared, chunked] {
            let answer = try await exchange([message, next])
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
            #expect(answer.contains(#"{"error":"too_large","#))
            #expect(answer.lowercased().contains("connection: close"))
            #expect(!answer.contains("200 OK"))
        }
    }

    @Test("A client that waits for 100 Continue is told to go on, unless its body is far too large")
    func expectations() async throws {
        let body = #"{"joinid":"1","client2":"b"}"#
        let small = request(
            "/api/rooms/accept",
            "Expect: 100-continue\r\nConnection: close\r\nContent-Length: \(body.utf8.count)", body)
        let answer = try await exchange([small])
        #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n"))
        #expect(answer.contains("HTTP/1.1 404 Not Found"))
        let huge = request("/api/rooms/accept", "Expect: 100-continue\r\nContent-Length: 900000000", "")
        #expect(try await exchange([huge]).hasPrefix("HTTP/1.1 413 "))
    }

    @Test("A chunk that is malformed is 400 and ends the connection")
    func malformedChunk() async throws {
        let answer = try await exchange([request("/api/rooms", "Transfer-Encoding: chunked", "zz\r\n")])
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
    }
}
