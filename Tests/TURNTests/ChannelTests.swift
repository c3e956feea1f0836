import Addresses
import STUN
import Testing

@testable import TURN

@Suite("Channels (RFC 8656 §12)")
struct ChannelTests {
    private let stage = Stage()
    private let client: Client
    private let peer = TransportAddress(IPAddress(v4: 0x0101_0101), port: 7000)
    private let otherPort = TransportAddress(IPAddress(v4: 0x0101_0101), port: 7001)

    init() {
        client = Client(stage)
        client.allocate()
    }

    @Test("A channel carries data both ways, and makes a permission for its peer's address")
    func bound() throws {
        #expect(client.bind(0x4000, peer)?.isSuccess == true)
        guard case .toPeer(let id, peer, 4, 5, false) = client.channelData(0x4000, [1, 2, 3, 4, 5]) else {
            Issue.record("not sent")
            return
        }
        #expect(stage.fromPeer(peer, to: id).channel == 0x4000)
        #expect(stage.fromPeer(otherPort, to: id).isIndication)
        #expect(client.sendIndication(otherPort).peer == otherPort)
        #expect(client.channelData(0x4001).dropped == .noChannel)
    }

    @Test("Padding on UDP is tolerated and not relayed; too little data is not")
    func padding() {
        client.bind(0x4000, peer)
        guard case .toPeer(_, _, 4, 5, _) = client.channelData(0x4000, [1, 2, 3, 4, 5], padding: 3) else {
            Issue.record("not sent")
            return
        }
        #expect(stage.classify([0x40, 0, 0, 9, 1, 2, 3, 4], from: client.tuple).dropped == .malformed)
    }

    @Test("Numbers from 0x4000 to 0x7FFF, 400 for others", arguments: [0x4000, 0x4FFF, 0x5000, 0x7FFF])
    func numbers(number: UInt16) {
        #expect(client.bind(number, peer)?.isSuccess == true)
        #expect(client.channelData(number).peer == peer)
        #expect(client.bind(0x3FFF, otherPort)?.code == 400)
        #expect(client.bind(0x8000, otherPort)?.code == 400)
        #expect(client.bind(0, otherPort)?.code == 400)
    }

    @Test("A number has one peer and a peer one number")
    func oneToOne() {
        client.bind(0x4000, peer)
        #expect(client.bind(0x4000, otherPort)?.code == 400)
        #expect(client.bind(0x4001, peer)?.code == 400)
        #expect(client.bind(0x4000, peer)?.isSuccess == true)
        #expect(stage.server.counters.channels == 1)
    }

    @Test("Number and peer must both be there")
    func missing() {
        #expect(client.send(client.message(.channelBind) { $0.add(channelNumber: 0x4000) })?.code == 400)
        #expect(client.send(client.message(.channelBind) { $0.add(.xorPeerAddress, xor: peer) })?.code == 400)
    }

    @Test(
        "A channel lives ten minutes, its permission five: then data goes out but not in, until it is permitted again"
    )
    func lifetimes() throws {
        client.bind(0x4000, peer)
        let id = try #require(client.channelData(0x4000).allocation)
        stage.pass(seconds: 300)
        #expect(client.channelData(0x4000).peer == peer)
        #expect(stage.fromPeer(peer, to: id).dropped == .noPermission)
        client.permit(peer)
        #expect(stage.fromPeer(peer, to: id).channel == 0x4000)
        client.refresh()
        stage.pass(seconds: 299)
        #expect(client.channelData(0x4000).peer == peer)
        stage.passUnnoticed(seconds: 1)
        #expect(client.channelData(0x4000).dropped == .noChannel)
        client.permit(peer)
        #expect(stage.fromPeer(peer, to: id).isIndication)
        #expect(client.bind(0x4001, peer)?.isSuccess == true)
    }

    @Test("A bind again refreshes channel and permission")
    func refreshed() throws {
        client.bind(0x4000, peer)
        let id = try #require(client.channelData(0x4000).allocation)
        for _ in 0..<5 {
            stage.pass(seconds: 240)
            #expect(client.bind(0x4000, peer)?.isSuccess == true)
            #expect(client.refresh()?.isSuccess == true)
        }
        #expect(stage.fromPeer(peer, to: id).channel == 0x4000)
    }

    @Test("At most 64 channels an allocation, 508 beyond")
    func maximum() {
        for number in UInt16(0)..<64 {
            let peer = TransportAddress(peer.ip, port: 8000 + number)
            #expect(client.bind(0x4000 + number, peer)?.isSuccess == true)
        }
        #expect(client.bind(0x5000, peer)?.code == 508)
        #expect(client.bind(0x4000, TransportAddress(peer.ip, port: 8000))?.isSuccess == true)
        stage.passUnnoticed(seconds: 600)
        #expect(client.refresh()?.isSuccess == true)
        #expect(client.bind(0x5000, peer)?.isSuccess == true)
        #expect(stage.server.counters.channels == 1)
    }
}
