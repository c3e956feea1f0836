import Addresses
import STUN
import Testing
import Timing

@testable import TURN

@Suite("Allocate (RFC 8656 §7)")
struct AllocateTests {
    @Test("A first request gets a challenge, the second an allocation with what browsers insist on")
    func firstAllocation() throws {
        let stage = Stage()
        let client = Client(stage)
        let challenge = try #require(client.challenge())
        #expect(challenge.code == 401)
        #expect(challenge.value(.realm) == Array("switchboard".utf8))
        #expect(stage.sockets.open.isEmpty)

        let answer = try #require(client.allocate())
        #expect(answer.isSuccess)
        #expect(answer.mapped == client.tuple.client)
        #expect(answer.lifetime == 600)
        let relayed = try #require(answer.relayed)
        #expect(relayed.ip == Stage.relayIPv4)
        #expect(relayed.port >= 49_152)
        #expect(Array(stage.sockets.open.values) == [relayed])
        #expect(answer.isSigned(client.key))
        #expect(answer.value(.software) == nil)
    }

    @Test("The same request again gets the same answer, byte for byte, and no second allocation")
    func retransmission() throws {
        let stage = Stage()
        let client = Client(stage)
        client.challenge()
        let request = client.message(.allocate) {
            $0.add(requestedTransport: 17)
            $0.add(.lifetime, UInt32(1234))
            $0.add(evenPortReservingNext: true)
        }
        let first = try #require(client.send(request))
        stage.pass(seconds: 2)
        let second = try #require(client.send(request))
        #expect(first.isSuccess && first.bytes == second.bytes)
        #expect(stage.server.allocationCount == 1)
    }

    @Test("Another request on the same five-tuple is 437")
    func mismatch() {
        let client = Client(Stage())
        client.allocate()
        #expect(client.allocate()?.code == 437)
        client.username = "bob"
        client.password = "builder"
        #expect(client.allocate()?.code == 437)
    }

    @Test("Only UDP can be relayed: 442 for others, 400 for none")
    func transport() {
        let client = Client(Stage())
        client.challenge()
        #expect(client.send(client.message(.allocate) { $0.add(requestedTransport: 6) })?.code == 442)
        #expect(client.send(client.message(.allocate))?.code == 400)
    }

    @Test(
        "Lifetimes are kept within ten minutes and an hour",
        arguments: [(0, 600), (60, 600), (900, 900), (9999, 3600)])
    func lifetime(wish: UInt32, granted: UInt32) {
        #expect(Client(Stage()).allocate { $0.add(.lifetime, wish) }?.lifetime == granted)
    }

    @Test("An allocation ends with its lifetime; its socket closes and its port, which was used, rests")
    func expiry() throws {
        let stage = Stage { $0.relayPorts = 50_000...50_000 }
        let client = Client(stage)
        client.allocate()
        #expect(stage.server.nextDeadline == stage.now.advanced(bySeconds: 600))
        try client.use()
        stage.pass(seconds: 599)
        #expect(stage.sockets.open.count == 1)
        stage.pass(seconds: 1)
        #expect(stage.sockets.open.isEmpty && stage.server.allocationCount == 0)
        #expect(stage.authority.quotas.total == 0)
        #expect(client.allocate()?.code == 508)
        stage.pass(seconds: 119)
        #expect(client.allocate()?.code == 508)
        stage.pass(seconds: 1)
        #expect(client.allocate()?.isSuccess == true)
    }

    @Test("Attributes that must be understood and are not are named in a signed 420")
    func unknownAttributes() throws {
        let client = Client(Stage())
        let answer = try #require(
            client.allocate { $0.add(AttributeType(rawValue: 0x002A), UInt32(1)) })
        #expect(answer.code == 420)
        #expect(answer.value(.unknownAttributes) == [0x00, 0x2A])
        #expect(answer.isSigned(client.key))
    }

    @Test("DONT-FRAGMENT is supported")
    func dontFragment() {
        #expect(Client(Stage()).allocate { $0.add(.dontFragment) }?.isSuccess == true)
    }

    @Test("Without an allocation everything but Allocate is 437")
    func noAllocation() throws {
        let client = Client(Stage())
        client.challenge()
        #expect(client.refresh()?.code == 437)
        #expect(client.permit(try address("1.1.1.1", 80))?.code == 437)
        #expect(client.bind(0x4000, try address("1.1.1.1", 80))?.code == 437)
    }

    @Test("An allocation belongs to who made it: 441 for others on its five-tuple")
    func wrongCredentials() throws {
        let client = Client(Stage())
        client.allocate()
        client.username = "bob"
        client.password = "builder"
        #expect(client.refresh()?.code == 441)
        #expect(client.permit(try address("1.1.1.1", 80))?.code == 441)
        #expect(client.bind(0x4000, try address("1.1.1.1", 80))?.code == 441)
    }

    @Test("A draining server answers 508, and leaves what is there alone")
    func draining() {
        let stage = Stage()
        let client = Client(stage)
        client.allocate()
        stage.authority.beginDraining()
        #expect(Client(stage, port: 41_000).allocate()?.code == 508)
        #expect(client.refresh()?.isSuccess == true)
    }

    @Test("A port that something else on the host holds is not drawn twice")
    func busyPorts() throws {
        let stage = Stage {
            $0.relayPorts = 50_000...50_009
            $0.quotas.perUser = 0
            $0.quotas.perAddress = 0
        }
        stage.sockets.busyPorts = Set(50_000...50_008)
        #expect(Client(stage).allocate()?.relayed?.port == 50_009)
        #expect(Client(stage, port: 41_000).allocate()?.code == 508)
        #expect(Set(stage.sockets.asked.map(\.port)).count == stage.sockets.asked.count)
    }

    @Test("Without descriptors the answer is 508 at once, and nothing is left behind")
    func noDescriptors() {
        let stage = Stage()
        stage.sockets.fails = true
        #expect(Client(stage).allocate()?.code == 508)
        #expect(stage.sockets.asked.count == 1)
        #expect(stage.server.allocationCount == 0 && stage.authority.quotas.total == 0)
        #expect(stage.server.nextDeadline == nil)
    }

    @Test("Ports are spread over their range")
    func randomPorts() throws {
        let stage = Stage { $0.quotas.perUser = 0 }
        let ports = (0..<60).compactMap { Client(stage, port: 40_000 + $0).allocate()?.relayed?.port }
        #expect(Set(ports).count == 60)
        #expect(ports != ports.sorted())
        #expect(try #require(ports.max()) - (try #require(ports.min())) > 8_000)
    }

    @Test("A stream's allocation ends with its stream")
    func streamEnds() {
        let stage = Stage()
        let client = Client(stage, transport: .tcp)
        #expect(client.allocate()?.isSuccess == true)
        stage.close(client.tuple)
        #expect(stage.sockets.open.isEmpty && stage.server.allocationCount == 0)
    }
}
