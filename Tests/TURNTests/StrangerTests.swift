import Addresses
import STUN
import Testing
import Timing

@testable import TURN

@Suite("Before anything is proved")
struct StrangerTests {
    private func bare(_ method: STUN.Method, _ attributes: [UInt8] = []) -> [UInt8] {
        var writer = MessageWriter()
        writer.begin(.request, method, TransactionID(high: 1, low: 2))
        var message = Array(writer.buffer) + attributes
        message[3] = UInt8(attributes.count)
        return message
    }

    @Test("Binding tells a client its address", arguments: [ClientTransport.udp, .tcp, .tls])
    func binding(transport: ClientTransport) throws {
        let stage = Stage()
        let client = Client(stage, transport: transport)
        let answer = try #require(client.send(bare(.binding)))
        #expect(answer.isSuccess && answer.mapped == client.tuple.client)
        #expect(answer.types == [.xorMappedAddress])
        #expect(stage.server.counters.bindings == 1)
    }

    @Test("Binding with an attribute that must be understood and is not is 420")
    func bindingUnknown() throws {
        let answer = try #require(Client(Stage()).send(bare(.binding, [0, 3, 0, 4, 0, 0, 0, 6])))
        #expect(answer.code == 420 && answer.value(.unknownAttributes) == [0, 3])
    }

    @Test("Chromium's first Allocate of 28 bytes gets a challenge of at most 70, and then an allocation")
    func compact() throws {
        let stage = Stage()
        let client = Client(stage)
        let request = bare(.allocate, [0, 0x19, 0, 4, 17, 0, 0, 0])
        #expect(request.count == 28)
        let challenge = try #require(client.send(request))
        #expect(challenge.code == 401)
        #expect(challenge.bytes.count == 64)
        client.nonce = try #require(challenge.value(.nonce))
        #expect(client.allocate()?.isSuccess == true)
    }

    @Test("A larger request gets the full form, with cookie and PASSWORD-ALGORITHMS")
    func full() throws {
        let request = bare(.allocate, [0, 0x19, 0, 4, 17, 0, 0, 0, 0x80, 0x22, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8])
        let challenge = try #require(Client(Stage()).send(request))
        #expect(challenge.bytes.count == 92 && challenge.index.contains(.passwordAlgorithms))
    }

    @Test("No answer to a datagram is more than 2.5 times as long, with every method and length")
    func amplification() throws {
        let stage = Stage {
            $0.unauthenticatedAnswersPerSecond = 0; $0.alwaysFingerprints = true
        }
        for ip in [IPAddress(v4: 0x0808_0404), IPAddress(v6High: 0x2A00_1450_4001_0800, low: 1)] {
            for method in STUN.Method.allCases {
                for size in stride(from: 0, through: 200, by: 4) {
                    let filler: [UInt8] =
                        size == 0 ? [] : [0xFF, 5, 0, UInt8(size - 4)] + Array(repeating: 0, count: size - 4)
                    let request = bare(method, filler)
                    guard let answer = Client(stage, ip: ip).send(request) else { continue }
                    #expect(
                        2 * answer.bytes.count <= 5 * request.count, "\(method) of \(request.count) bytes")
                }
            }
        }
    }

    @Test("A long realm does not keep Chromium from its challenge, but others from amplifying")
    func longRealm() throws {
        let stage = Stage { $0.realm = "turn.a-rather-long-name.example.org" }
        let client = Client(stage)
        client.realm = "turn.a-rather-long-name.example.org"
        #expect(client.send(bare(.allocate, [0, 0x19, 0, 4, 17, 0, 0, 0]))?.code == 401)
        #expect(client.send(bare(.refresh))?.bytes.count == 28)
        #expect(client.allocate()?.isSuccess == true)
    }

    @Test("Streams always get the full form: their address is proved")
    func stream() throws {
        let challenge = try #require(Client(Stage(), transport: .tcp).send(bare(.refresh)))
        #expect(challenge.code == 401 && challenge.bytes.count == 92)
    }

    @Test("Answers to one address are limited; an IPv6 /64 is one address; others are not touched")
    func limited() {
        let stage = Stage {
            $0.unauthenticatedAnswersPerSecond = 10
            $0.unauthenticatedAnswerBurst = 20
        }
        func answers(_ ip: IPAddress, _ count: Int) -> Int {
            (0..<count).count { Client(stage, port: UInt16(30_000 + $0), ip: ip).send(bare(.binding)) != nil }
        }
        let victim = IPAddress(v4: 0x0808_0808)
        #expect(answers(victim, 100) == 20)
        #expect(answers(IPAddress(v4: 0x0808_0809), 10) == 10)
        stage.pass(milliseconds: 500)
        #expect(answers(victim, 100) == 5)
        let home: UInt64 = 0x2A00_1450_4001_0800
        #expect(answers(IPAddress(v6High: home, low: 1), 15) == 15)
        #expect(answers(IPAddress(v6High: home, low: 2), 15) == 5)
        #expect(answers(IPAddress(v6High: home + 1, low: 2), 15) == 15)
        #expect(stage.server.counters.drops[Int(DropReason.unauthenticatedLimit.rawValue)] == 185)
    }

    @Test("The limit does not touch who has proved who they are")
    func provedClients() {
        let stage = Stage {
            $0.unauthenticatedAnswersPerSecond = 1
            $0.unauthenticatedAnswerBurst = 3
        }
        let client = Client(stage)
        client.allocate()
        for _ in 0..<10 { _ = client.send(bare(.binding)) }
        #expect(client.refresh()?.isSuccess == true)
    }

    @Test("A flood from twenty thousand addresses changes nothing but counters")
    func flood() {
        let stage = Stage()
        for number in 0..<20_000 {
            let client = Client(stage, ip: IPAddress(v4: UInt32(number) &* 2_654_435_761))
            _ = client.send(bare(.allocate, [0, 0x19, 0, 4, 17, 0, 0, 0]))
        }
        #expect(stage.server.allocationCount == 0 && stage.sockets.asked.isEmpty)
        #expect(stage.authority.quotas.total == 0 && stage.server.nextDeadline == nil)
    }

    @Test("Responses, indications, unknown methods and noise get no answer")
    func silence() {
        let stage = Stage()
        let client = Client(stage)
        for type in [
            [0x01, 0x01], [0x01, 0x11], [0x00, 0x11], [0x00, 0x17], [0x00, 0x06], [0x00, 0x02], [0x3E, 0xEF],
        ] {
            var message = bare(.binding)
            message.replaceSubrange(0..<2, with: type.map(UInt8.init))
            #expect(client.send(message) == nil)
        }
        var notSTUN = bare(.allocate)
        notSTUN[4] = 0
        #expect(stage.deliverBytes(notSTUN, from: client.tuple) == nil)
        #expect(stage.classify([], from: client.tuple).dropped == .notSTUN)
        #expect(stage.classify(Array("GET / HTTP/1.1\r\n".utf8), from: client.tuple).dropped == .malformed)
        #expect(stage.classify([0x80, 0, 0, 0, 0], from: client.tuple).dropped == .notSTUN)
        #expect(stage.classify([0x16, 3, 1, 0, 0], from: client.tuple).dropped == nil)
    }

    @Test("Any bytes: no answer to what is not a message, and nothing breaks")
    func noise() {
        let stage = Stage()
        let client = Client(stage)
        client.allocate()
        var random = SecretRandom(seed: 1)
        let valid = client.message(.createPermission) {
            $0.add(.xorPeerAddress, xor: TransportAddress(IPAddress(v4: 0x0101_0101), port: 1))
        }
        for round in 0..<20_000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let offset = Int.random(in: 0..<bytes.count, using: &random)
                bytes[offset] = UInt8.random(in: 0...255, using: &random)
            }
            if round % 3 == 0 { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
            if case .control = stage.classify(bytes, from: client.tuple) { _ = client.send(bytes) }
        }
        #expect(client.refresh()?.isSuccess == true)
    }
}
