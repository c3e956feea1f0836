import Loops
import Signaling
import Testing

@testable import SessionLoops

/// Many clients that join rooms of all loops, talk, leave, fall silent and die, in an order that a seed decides. What it
/// is about is that no connection gets lost between two loops, and none is stuck.
@Suite struct MovingStressTests {
    private static let loops = 4

    /// A client, and what it has seen.
    private final class Player {
        let client: TestClient
        var answersPings = true
        /// Pongs to its own pings that are still to come.
        var pongs = 0
        /// The last number heard of each sender.
        var heard: [Substring: Int] = [:]
        var isGone = false

        init(_ client: TestClient) { self.client = client }

        /// Takes what has come. Messages of a sender never overtake each other.
        func look(_ sequence: Comment) {
            for frame in client.takeAll() {
                switch frame {
                case .ping: if answersPings { client.send(TestClient.pong) }
                case .text(let json): hear(json, sequence)
                case .response, .pong: break
                case .close, .end: isGone = true
                }
            }
        }

        private func hear(_ json: String, _ comment: Comment) {
            switch TestClient.type(json) {
            case "pong": pongs -= 1
            case "ice_candidate":
                // …"candidate":{"candidate":"sender number"}}
                let words = json.dropLast(3).split(separator: "\"").last?.split(separator: " ") ?? []
                guard words.count == 2, let number = Int(words[1]) else {
                    Issue.record("not a candidate: \(json)")
                    return
                }
                #expect(number > heard[words[0], default: -1], comment)
                heard[words[0]] = number
            default: break
            }
        }
    }

    @Test(arguments: [UInt64(1), 2])
    func `Connections that move all the time are never lost and never stuck`(seed: UInt64) async throws {
        var generator = SplitMix(state: seed)
        let server = try SessionTestServer(
            loops: Self.loops, pingInterval: .milliseconds(400), probeTimeout: .milliseconds(30))
        var players: [Player] = []
        var connected = 0
        var number = 0
        var joins = 0
        // Of four loops, three in four joins go to another one.
        while joins < 7_000 {
            if players.count < 48 {
                players.append(Player(try server.connect()))
                connected += 1
            }
            let index = Int.random(in: players.indices, using: &generator)
            let player = players[index]
            number += 1
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<55:
                joins += 1
                let room = "room \(Int.random(in: 0..<30, using: &generator))"
                // What follows in the same bytes moves along.
                player.client.send(
                    TestClient.join(room)
                        + TestClient.candidate("\(ObjectIdentifier(player).hashValue) \(number)"))
            case 55..<80:
                player.client.send(TestClient.candidate("\(ObjectIdentifier(player).hashValue) \(number)"))
            case 80..<86: player.client.send(TestClient.text(#"{"type":"leave_room"}"#))
            case 86..<92:
                player.client.send(TestClient.pingMessage)
                player.pongs += 1
            case 92..<95: player.answersPings.toggle()
            case 95..<97:
                // Dies in the middle of whatever is under way.
                player.client.send(TestClient.join("room \(number % 30)"))
                player.client.close()
                players.remove(at: index)
                continue
            case 97:
                player.client.send(TestClient.join("room \(number % 30)") + TestClient.frame(8, [3, 232]))
                players.remove(at: index)
                continue
            default: for other in players { other.look("seed \(seed)") }
            }
            player.look("seed \(seed)")
            players.removeAll { $0.isGone }
        }
        // Everybody who is there still gets an answer.
        for player in players {
            player.answersPings = true
            if player.client.send(TestClient.pingMessage) { player.pongs += 1 }
        }
        let areAnswered = await server.eventually {
            for player in players { player.look("seed \(seed)") }
            return players.allSatisfy { $0.isGone || $0.pongs == 0 || Self.isClosed($0) }
        }
        #expect(areAnswered, "a client is stuck: seed \(seed)")
        players.removeAll()
        #expect(await server.eventually { server.server.sessionCount == 0 }, "seed \(seed)")
        #expect(await server.eventually { server.server.roomCount == 0 }, "seed \(seed)")
        #expect(await server.eventually { server.told.endedCount == connected }, "seed \(seed)")
    }

    /// Whether the server has closed the connection: the client was silent too long, or lost its seat.
    private static func isClosed(_ player: Player) -> Bool { !player.client.send(TestClient.pong) }

    @Test func `Bytes at random end a session at most, and never the loop`() async throws {
        var generator = SplitMix(state: 11)
        let server = try SessionTestServer(loops: 2)
        let (witness, peer) = (try server.connect(), try server.connect())
        for client in [witness, peer] {
            #expect(client.nextType() == "connected")
            client.send(TestClient.join("w"))
            #expect(client.nextType() == "room_joined")
        }
        #expect(peer.nextType() == "room_ready")
        #expect(witness.nextType() == "room_ready")
        var connected = 2
        for round in 0..<1_500 {
            let client = try server.connect()
            connected += 1
            var bytes = TestClient.join("r\(round % 7)") + TestClient.candidate("x") + TestClient.pingMessage
            bytes += TestClient.frame(
                UInt8.random(in: 0..<16, using: &generator), Array(repeating: 65, count: round % 300))
            for _ in 0..<Int.random(in: 0..<6, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(
                    in: .min ... .max, using: &generator)
            }
            bytes.removeLast(Int.random(in: 0..<20, using: &generator))
            let cut = Int.random(in: 0...bytes.count, using: &generator)
            client.send(Array(bytes[..<cut]))
            client.send(Array(bytes[cut...]))
            if round % 3 == 0 { client.halfClose() }
            _ = client.takeAll()
        }
        witness.send(TestClient.candidate("still here"))
        #expect(peer.nextType() == "ice_candidate")
        witness.close()
        peer.close()
        #expect(await server.eventually { server.server.sessionCount == 0 && server.server.roomCount == 0 })
        #expect(await server.eventually { server.told.endedCount == connected })
    }
}

/// A generator with a seed, so that a test is the same each time.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
