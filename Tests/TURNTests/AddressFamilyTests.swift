import Addresses
import STUN
import Testing

@testable import TURN

@Suite("Address families (RFC 8656 §7, §8)")
struct AddressFamilyTests {
    private static let clientIPv6 = IPAddress(v6High: 0x2A00_1450_4001_0800, low: 0x200E)

    private func dual(_ stage: Stage, _ type: AttributeType = .additionalAddressFamily) -> (Client, Answer?) {
        let client = Client(stage)
        return (client, client.allocate { $0.add(type, .ipv6) })
    }

    @Test("Without a wish the relay has the listener's family")
    func listenersFamily() {
        let stage = Stage()
        #expect(Client(stage).allocate()?.relayed?.family == .ipv4)
        let server = TransportAddress(Stage.relayIPv6, port: 3478)
        let client = Client(stage, ip: Self.clientIPv6, server: server)
        let answer = client.allocate()
        #expect(answer?.relayed?.ip == Stage.relayIPv6)
        #expect(answer?.mapped == client.tuple.client)
    }

    @Test("A family can be asked for across families")
    func requested() {
        let client = Client(Stage())
        #expect(client.allocate { $0.add(.requestedAddressFamily, .ipv6) }?.relayed?.family == .ipv6)
    }

    @Test("A family without a relay is 440, and so is one that does not exist")
    func unsupported() {
        let stage = Stage { $0.relays = [RelayAddress(local: Stage.relayIPv4)] }
        let client = Client(stage)
        #expect(client.allocate { $0.add(.requestedAddressFamily, .ipv6) }?.code == 440)
        #expect(client.allocate { $0.add(.requestedAddressFamily, UInt32(0x0700_0000)) }?.code == 440)
        let server = TransportAddress(Stage.relayIPv6, port: 3478)
        #expect(Client(stage, ip: Self.clientIPv6, server: server).allocate()?.relayed?.family == .ipv4)
    }

    @Test("Both at once, however the client writes it", arguments: [0x8000, 0x8032])
    func both(type: UInt16) throws {
        let stage = Stage()
        let (_, answer) = dual(stage, AttributeType(rawValue: type))
        #expect(try #require(answer).relayedAddresses.map(\.family) == [.ipv4, .ipv6])
        #expect(stage.sockets.open.count == 2)
        #expect(stage.authority.quotas.total == 1)
    }

    @Test("If one of both cannot be had, the answer says which and why")
    func half() throws {
        let stage = Stage { $0.relays = [RelayAddress(local: Stage.relayIPv4)] }
        let (_, answer) = dual(stage)
        #expect(answer?.relayedAddresses.map(\.family) == [.ipv4])
        #expect(answer?.value(.addressErrorCode) == [2, 0, 4, 40])
        let reverse = Stage { $0.relays = [RelayAddress(local: Stage.relayIPv6)] }
        let (_, other) = dual(reverse)
        #expect(other?.relayedAddresses.map(\.family) == [.ipv6])
        #expect(other?.value(.addressErrorCode) == [1, 0, 4, 40])
    }

    @Test("Contradictory wishes are 400")
    func contradictions() {
        let client = Client(Stage())
        let wishes: [(inout MessageWriter) -> Void] = [
            {
                $0.add(.requestedAddressFamily, .ipv4); $0.add(.additionalAddressFamily, .ipv6)
            },
            { $0.add(.additionalAddressFamily, .ipv4) },
            {
                $0.add(.additionalAddressFamily, .ipv6); $0.add(evenPortReservingNext: true)
            },
            {
                $0.add(.reservationToken, UInt64(1)); $0.add(evenPortReservingNext: false)
            },
            {
                $0.add(.reservationToken, UInt64(1)); $0.add(.requestedAddressFamily, .ipv4)
            },
            {
                $0.add(.reservationToken, UInt64(1)); $0.add(.additionalAddressFamily, .ipv6)
            },
        ]
        for wish in wishes { #expect(client.allocate(nil, wish)?.code == 400) }
    }

    @Test("A peer of the other family is 443")
    func peerFamily() throws {
        let client = Client(Stage())
        client.allocate()
        let peer = try address("2a00:1450:4001:810::200e", 443)
        #expect(client.permit(peer)?.code == 443)
        #expect(client.bind(0x4000, peer)?.code == 443)
    }

    @Test("Refresh of one family ends or extends that one alone; of a family that is not there it is 443")
    func refreshOneFamily() throws {
        let stage = Stage()
        let (client, answer) = dual(stage)
        let peers = [try address("1.1.1.1", 80), try address("2a00:1450:4001:810::200e", 443)]
        for peer in peers { client.permit(peer) }
        let id = try #require(client.sendIndication(peers[0]).allocation)
        let ended = client.send(
            client.message(.refresh) {
                $0.add(.lifetime, UInt32(0)); $0.add(.requestedAddressFamily, .ipv4)
            })
        #expect(ended?.isSuccess == true && ended?.lifetime == 0)
        #expect(stage.sockets.open.values.map(\.family) == [.ipv6])
        #expect(client.sendIndication(peers[0]).dropped == .noAllocation)
        #expect(client.sendIndication(peers[1]).peer == peers[1])
        #expect(stage.fromPeer(peers[0], to: id).dropped == .noAllocation)
        #expect(stage.server.relayedAddress(of: id, .ipv4) == nil)
        #expect(stage.server.relayedAddress(of: id, .ipv6) == answer?.relayedAddresses.last)
        #expect(client.send(client.message(.refresh) { $0.add(.requestedAddressFamily, .ipv4) })?.code == 443)
        #expect(client.permit(peers[0])?.code == 443)
    }

    @Test("The two families of an allocation may end at different times")
    func differentEnds() {
        let stage = Stage()
        let (client, _) = dual(stage)
        stage.pass(seconds: 300)
        let answer = client.send(client.message(.refresh) { $0.add(.requestedAddressFamily, .ipv6) })
        #expect(answer?.lifetime == 600)
        stage.pass(seconds: 300)
        #expect(stage.sockets.open.values.map(\.family) == [.ipv6])
        stage.pass(seconds: 300)
        #expect(stage.server.allocationCount == 0)
    }

    @Test("Behind a NAT clients are told the public address, sockets are bound to the private one")
    func externalAddress() throws {
        let local = IPAddress(v4: 0x0A00_0005)
        let stage = Stage { $0.relays = [RelayAddress(local: local, advertised: Stage.relayIPv4)] }
        #expect(Client(stage).allocate()?.relayed?.ip == Stage.relayIPv4)
        #expect(stage.sockets.open.values.map(\.ip) == [local])
    }
}
