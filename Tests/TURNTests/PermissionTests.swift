import Addresses
import STUN
import Testing

@testable import TURN

@Suite("Permissions (RFC 8656 §9 to §11)")
struct PermissionTests {
    private let stage = Stage()
    private let client: Client
    private let peer = TransportAddress(IPAddress(v4: 0x0101_0101), port: 7000)
    private let otherPort = TransportAddress(IPAddress(v4: 0x0101_0101), port: 7001)
    private let stranger = TransportAddress(IPAddress(v4: 0x0101_0102), port: 7000)

    init() {
        client = Client(stage)
        client.allocate()
    }

    @Test("A permission lets an address in and out on every port, and nobody else")
    func byAddress() throws {
        #expect(client.sendIndication(peer).dropped == .noPermission)
        #expect(client.permit(peer)?.isSuccess == true)
        guard
            case .toPeer(let id, peer, let offset, let byteCount, false) = client.sendIndication(
                peer, [9, 8, 7])
        else {
            Issue.record("not sent")
            return
        }
        #expect(offset == 36 && byteCount == 3)
        #expect(client.sendIndication(otherPort).peer == otherPort)
        #expect(client.sendIndication(stranger).dropped == .noPermission)
        #expect(stage.fromPeer(otherPort, to: id).isIndication)
        #expect(stage.fromPeer(stranger, to: id).dropped == .noPermission)
    }

    @Test("DONT-FRAGMENT and empty data go through")
    func dontFragment() {
        client.permit(peer)
        guard case .toPeer(_, _, _, 0, true) = client.sendIndication(peer, [], dontFragment: true) else {
            Issue.record("not sent")
            return
        }
    }

    @Test("A permission ends after five minutes unless it is refreshed; data does not refresh it")
    func expiry() throws {
        client.permit(peer)
        let id = try #require(client.sendIndication(peer).allocation)
        stage.pass(seconds: 299)
        #expect(client.sendIndication(peer).peer == peer)
        #expect(stage.fromPeer(peer, to: id).isIndication)
        stage.passUnnoticed(seconds: 1)
        #expect(client.sendIndication(peer).dropped == .noPermission)
        #expect(stage.fromPeer(peer, to: id).dropped == .noPermission)
        stage.pass(seconds: 0)
        #expect(stage.server.counters.permissions == 0)
        client.refresh()
        client.permit(peer)
        stage.pass(seconds: 200)
        client.permit(peer)
        stage.pass(seconds: 200)
        #expect(client.sendIndication(peer).peer == peer)
    }

    @Test("Several peers in one request: all, or none if one of them is denied")
    func allOrNothing() throws {
        let denied = try address("10.0.0.1", 80)
        #expect(client.permit(peer, stranger, denied)?.code == 403)
        #expect(client.sendIndication(peer).dropped == .noPermission)
        #expect(client.permit(peer, stranger, peer)?.isSuccess == true)
        #expect(client.sendIndication(peer).peer == peer)
        #expect(client.sendIndication(stranger).peer == stranger)
        #expect(stage.server.counters.permissions == 2)
    }

    @Test("No peer is 400")
    func noPeer() { #expect(client.permit()?.code == 400) }

    @Test("At most 256 permissions an allocation; 508 beyond, and those there are can be refreshed")
    func maximum() {
        let stage = self.stage
        for number in 0..<256 {
            if number == 128 { stage.pass(seconds: 1) }
            let peer = TransportAddress(IPAddress(v4: 0x0202_0000 + UInt32(number)), port: 80)
            #expect(client.permit(peer)?.isSuccess == true)
        }
        #expect(client.permit(peer)?.code == 508)
        #expect(client.bind(0x4000, peer)?.code == 508)
        #expect(client.permit(TransportAddress(IPAddress(v4: 0x0202_0000), port: 80))?.isSuccess == true)
        stage.passUnnoticed(seconds: 299)
        #expect(client.permit(peer)?.isSuccess == true)
    }

    @Test("However many permissions are allowed, an allocation has no more than it can count")
    func mostThatCanBeCounted() {
        let stage = Stage { $0.maxPermissions = .max }
        let client = Client(stage)
        client.allocate()
        let most = TURNConfiguration.permissionBound
        func address(_ number: Int) -> TransportAddress {
            TransportAddress(IPAddress(v4: 0x0202_0000 + UInt32(number)), port: 80)
        }
        for start in stride(from: 0, to: most, by: 40) {
            let peers = (start..<min(start + 40, most)).map(address)
            guard client.permit(peers)?.isSuccess == true else {
                Issue.record("refused at \(start)")
                return
            }
        }
        #expect(stage.server.counters.permissions == UInt64(most))
        #expect(client.permit(address(most))?.code == 508)
        #expect(client.permit(address(0), address(most - 1))?.isSuccess == true)
        stage.pass(seconds: 301)
        #expect(stage.server.counters.permissions == 0)
    }

    @Test("A Send indication that cannot be read is dropped without an answer")
    func unreadable() {
        client.permit(peer)
        var writer = MessageWriter()
        writer.begin(.indication, .send, TransactionID(high: 1, low: 1))
        writer.add(.xorPeerAddress, xor: peer)
        let withoutData = Array(writer.buffer)
        guard case .control = stage.classify(withoutData, from: client.tuple) else {
            Issue.record("not control")
            return
        }
        #expect(stage.deliver(withoutData, from: client.tuple) == nil)
        #expect(stage.server.counters.drops[Int(DropReason.malformed.rawValue)] == 1)
    }

    @Test("Data for or from an allocation that has ended goes nowhere, also when its place is taken again")
    func ended() throws {
        client.permit(peer)
        let id = try #require(client.sendIndication(peer).allocation)
        #expect(client.refresh(0)?.isSuccess == true)
        #expect(client.sendIndication(peer).dropped == .noAllocation)
        #expect(client.channelData(0x4000).dropped == .noAllocation)
        client.allocate()
        client.permit(peer)
        let next = try #require(client.sendIndication(peer).allocation)
        #expect(next.index == id.index && next.generation != id.generation)
        #expect(stage.fromPeer(peer, to: id).dropped == .noAllocation)
        #expect(stage.fromPeer(peer, to: next).isIndication)
        let (ended, begun) = (stage.server.route(of: id), stage.server.route(of: next))
        #expect(ended == nil)
        #expect(begun?.fiveTuple == client.tuple)
        #expect(begun?.handle == 9)
    }

    @Test(
        "An ICMP error reaches the client if the peer has a permission and the error is one of RFC 8656 §11.5"
    )
    func icmp() throws {
        client.permit(peer)
        let id = try #require(client.sendIndication(peer).allocation)
        let answer = try #require(stage.icmp(type: 3, code: 4, data: 1280, about: peer, to: id))
        #expect(answer.index.header.messageClass == .indication)
        #expect(answer.types == [.xorPeerAddress, .icmp])
        #expect(answer.value(.icmp) == [0, 0, 6, 4, 0, 0, 5, 0])
        #expect(stage.icmp(type: 3, code: 3, about: stranger, to: id) == nil)
        #expect(stage.icmp(type: 8, code: 0, about: peer, to: id) == nil)
        stage.passUnnoticed(seconds: 300)
        #expect(stage.icmp(type: 3, code: 3, about: peer, to: id) == nil)
    }

    @Test("A datagram that is too long for a Data indication is dropped, and reaches a channel")
    func longest() throws {
        let stage = Stage()
        let client = Client(stage, server: TransportAddress(Stage.relayIPv6, port: 3478))
        let peer = try address("2606:4700::1", 9)
        client.allocate()
        client.permit(peer)
        let id = try #require(client.sendIndication(peer).allocation)
        let most = DataIndication.maxPayloadByteCount(.ipv6)
        #expect(stage.fromPeer(peer, to: id, byteCount: most).isIndication)
        #expect(stage.fromPeer(peer, to: id, byteCount: most + 1).dropped == .malformed)
        client.bind(0x4000, peer)
        #expect(stage.fromPeer(peer, to: id, byteCount: most + 1).channel == 0x4000)
    }
}
