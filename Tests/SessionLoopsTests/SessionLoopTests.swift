import Backlog
import Loops
import Signaling
import Testing
import Timing

@testable import SessionLoops

/// Sessions over socket pairs. The rules have transcripts of their own (`SignalingTests`); here it is whether loops do what
/// they say, also when room and client begin on different loops.
@Suite struct SessionLoopTests {
    @Test func `The response, the greeting and the answer to early input come in this order`() throws {
        let server = try SessionTestServer()
        let client = try server.connect(sending: TestClient.pingMessage)
        #expect(client.next() == .response)
        #expect(client.nextType() == "connected")
        #expect(client.nextType() == "pong")
    }

    @Test(arguments: 1...4)
    func `Two clients meet, talk in order, and learn when the other leaves`(loops: Int) async throws {
        let server = try SessionTestServer(loops: loops)
        // Some rooms on each loop, and some clients on others.
        for number in 0..<16 {
            let (first, second) = (try server.connect(), try server.connect())
            for client in [first, second] { #expect(client.nextType() == "connected") }
            first.send(TestClient.join("room \(number)"))
            #expect(first.nextType() == "room_joined")
            second.send(TestClient.join("room \(number)"))
            #expect(second.nextType() == "room_joined")
            #expect(second.nextType() == "room_ready")
            #expect(first.nextType() == "room_ready")
            first.send((0..<50).flatMap { TestClient.candidate("c\($0)") })
            for index in 0..<50 {
                guard case .text(let json) = second.next() else { Issue.record("no message"); return }
                #expect(json.hasSuffix(#""candidate":{"candidate":"c\#(index)"}}"#))
            }
            second.close()
            #expect(first.nextType() == "peer_disconnected")
        }
        #expect(await server.eventually { server.server.sessionCount == 0 })
        #expect(server.told.endedCount == 32)
        #expect(server.server.roomCount == 0)
    }

    @Test func `Input behind a join that moves its client is carried out where it moves to`() throws {
        let server = try SessionTestServer(loops: 4)
        for number in 0..<16 {
            let client = try server.connect(
                sending: TestClient.join("room \(number)") + TestClient.pingMessage
                    + Array(TestClient.pingMessage.dropLast(3)))
            #expect(client.nextType() == "connected")
            #expect(client.nextType() == "room_joined")
            #expect(client.nextType() == "pong")
            client.send(Array(TestClient.pingMessage.suffix(3)))
            #expect(client.nextType() == "pong")
        }
    }

    @Test func `A member gets a seat in another room, wherever it is, and its peer learns that it left`()
        throws
    {
        let server = try SessionTestServer(loops: 4)
        for number in 0..<24 {
            let (mover, left, met) = (try server.connect(), try server.connect(), try server.connect())
            for (client, room) in [(mover, "a\(number)"), (left, "a\(number)"), (met, "b\(number)")] {
                #expect(client.nextType() == "connected")
                client.send(TestClient.join(room))
                #expect(client.nextType() == "room_joined")
            }
            #expect(mover.nextType() == "room_ready")
            #expect(left.nextType() == "room_ready")
            mover.send(TestClient.join("b\(number)") + TestClient.candidate("to b"))
            #expect(mover.nextType() == "room_joined")
            #expect(mover.nextType() == "room_ready")
            #expect(left.nextType() == "peer_left")
            #expect(met.nextType() == "room_ready")
            #expect(met.nextType() == "ice_candidate")
            met.send(TestClient.candidate("to the mover"))
            #expect(mover.nextType() == "ice_candidate")
        }
    }

    @Test func `A client that ends its direction behind its messages gets all answers`() throws {
        let server = try SessionTestServer(loops: 4)
        for number in 0..<32 {
            let client = try server.connect(sending: TestClient.join("c\(number)"))
            #expect(client.nextType() == "connected")
            #expect(client.nextType() == "room_joined")
            client.send(TestClient.join("d\(number)") + TestClient.pingMessage + TestClient.pingMessage)
            client.halfClose()
            #expect(client.nextType() == "room_joined")
            #expect(client.nextType() == "pong")
            #expect(client.nextType() == "pong")
            #expect(client.next() == .end)
        }
    }

    @Test func `A member keeps its seat when the other room is full, and talks on meanwhile`() throws {
        let server = try SessionTestServer(loops: 4)
        for number in 0..<12 {
            var clients: [TestClient] = []
            for room in ["a", "a", "b", "b"] {
                let client = try server.connect()
                #expect(client.nextType() == "connected")
                client.send(TestClient.join("\(room)\(number)"))
                #expect(client.nextType() == "room_joined")
                clients.append(client)
            }
            for client in [clients[1], clients[0], clients[3], clients[2]] {
                #expect(client.nextType() == "room_ready")
            }
            clients[0].send(TestClient.join("b\(number)"))
            // Both members are probed and show that they live.
            for member in clients[2...] {
                #expect(member.next() == .ping)
                member.send(TestClient.pong)
            }
            #expect(clients[0].nextType() == "room_full")
            clients[0].send(TestClient.candidate("still here"))
            #expect(clients[1].nextType() == "ice_candidate")
            clients[2].send(TestClient.candidate("undisturbed"))
            #expect(clients[3].nextType() == "ice_candidate")
        }
    }

    @Test func `A silent member loses its seat to one that comes from a room of another loop`() throws {
        let server = try SessionTestServer(loops: 4, probeTimeout: .milliseconds(300))
        for number in 0..<6 {
            let (silent, alive) = (try server.connect(), try server.connect())
            let (mover, left) = (try server.connect(), try server.connect())
            for (client, room) in [(silent, "b"), (alive, "b"), (mover, "a"), (left, "a")] {
                #expect(client.nextType() == "connected")
                client.send(TestClient.join("\(room)\(number)"))
                #expect(client.nextType() == "room_joined")
            }
            for client in [alive, silent, left, mover] { #expect(client.nextType() == "room_ready") }
            mover.send(TestClient.join("b\(number)"))
            #expect(alive.next() == .ping)
            alive.send(TestClient.pong)
            #expect(mover.nextType() == "room_joined")
            #expect(mover.nextType() == "room_ready")
            #expect(left.nextType() == "peer_left")
            #expect(alive.nextType() == "peer_disconnected")
            #expect(alive.nextType() == "room_ready")
        }
    }

    @Test func `The store's answer finds its client`() async throws {
        let server = try SessionTestServer(loops: 3, asksStore: true)
        for (number, verdict) in [true, false, nil, true].enumerated() {
            let client = try server.connect(
                sending: TestClient.join("room \(number)") + TestClient.pingMessage)
            #expect(client.nextType() == "connected")
            #expect(await server.eventually { server.told.with { $0.questions.count } == 1 })
            server.told.with { $0.questions.removeFirst() }.answer(verdict)
            #expect(client.nextType() == (verdict == true ? "room_joined" : "error"))
            #expect(client.nextType() == "pong")
        }
    }

    @Test func `A fast sender is held for a peer that does not read, and nothing is lost`() throws {
        let server = try SessionTestServer(loops: 1, maxOutboxBytes: 64 << 10)
        let (sender, slow) = (try server.connect(), try server.connect())
        for client in [sender, slow] {
            #expect(client.nextType() == "connected")
            client.send(TestClient.join("r"))
            #expect(client.nextType() == "room_joined")
        }
        #expect(slow.nextType() == "room_ready")
        #expect(sender.nextType() == "room_ready")
        let pad = String(repeating: "x", count: 3_000)
        let frames = (0..<2_000).map { TestClient.candidate("\($0) \(pad)") }
        // More than all buffers hold, so it has to be written beside the reading.
        let socket = sender.socket
        let writer = try WritingThread(socket, frames.flatMap { $0 })
        for number in 0..<2_000 {
            guard case .text(let json) = slow.next() else { Issue.record("\(number) did not come"); break }
            #expect(json.contains(#""candidate":"\#(number) x"#))
        }
        writer.join()
        sender.send(TestClient.pingMessage)
        #expect(sender.nextType() == "pong")
    }

    @Test func `Draining closes every session with 1001, and a stop closes what is left`() async throws {
        let server = try SessionTestServer(loops: 3)
        let clients = try (0..<30).map { number in
            let client = try server.connect(sending: TestClient.join("room \(number / 2)"))
            #expect(client.nextType() == "connected")
            #expect(client.nextType() == "room_joined")
            return client
        }
        #expect(await server.server.rooms(limit: 100).count == 15)
        #expect(await server.server.rooms(limit: 4).count == 4)
        server.server.drain(over: .milliseconds(300))
        for client in clients {
            var last = client.nextType()
            while last != "close 1001", last != "end" { last = client.nextType() }
            #expect(last == "close 1001")
            client.close()
        }
        #expect(await server.eventually { server.server.sessionCount == 0 })
        #expect(server.told.with { $0.ended } == Array(repeating: SessionTestServer.address, count: 30))
    }

    @Test func `Clients that move all the time are closed in their turn, too`() throws {
        let server = try SessionTestServer(loops: 2)
        let clients = try (0..<40).map { _ in try server.connect() }
        server.server.drain(over: .milliseconds(600))
        let end = Clock.now().advanced(bySeconds: 30)
        var round = 0
        while server.server.sessionCount > 0, Clock.now() < end {
            round += 1
            for (number, client) in clients.enumerated() {
                client.send(TestClient.join("room \(number) \(round % 7)") + TestClient.leave)
                _ = client.takeAll()
            }
        }
        #expect(server.server.sessionCount == 0)
    }

    @Test func `A connection that comes after the stop is closed and given back`() throws {
        let server = try SessionTestServer()
        server.server.stop()
        let client = try server.connect()
        #expect(client.next() == .end)
        #expect(server.server.sessionCount == 0)
        #expect(server.told.endedCount == 1)
    }
}

/// A thread that writes bytes to a socket.
struct WritingThread {
    private struct Writer: ThreadLoop, ~Copyable {
        let socket: Int32
        let bytes: [UInt8]
        var threadName: String { "writing" }

        mutating func run() {
            _ = TestClient.write(bytes, to: socket)
        }
    }

    private let thread: LoopThread

    init(_ socket: Int32, _ bytes: [UInt8]) throws {
        thread = try LoopThread(Writer(socket: socket, bytes: bytes))
    }

    func join() { thread.join() }
}
