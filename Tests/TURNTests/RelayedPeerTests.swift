import Addresses
import STUN
import Testing

@testable import TURN

@Suite("Two clients of ours: in-process delivery")
struct RelayedPeerTests {
    private let stage = Stage()
    private let alice: Client
    private let bob: Client
    private let aliceRelayed: TransportAddress
    private let bobRelayed: TransportAddress

    init() throws {
        alice = Client(stage)
        bob = Client(stage, port: 41_000, username: "bob", password: "builder")
        aliceRelayed = try #require(alice.allocate()?.relayed)
        bobRelayed = try #require(bob.allocate()?.relayed)
    }

    private func owner(_ packet: ClientPacket) throws -> (RelayedOwner, TransportAddress) {
        guard case .toRelayed(let owner, let from, _, _) = packet else {
            throw Unexpected.packet(packet)
        }
        return (owner, from)
    }

    private enum Unexpected: Error { case packet(ClientPacket) }

    @Test("A live relayed address of ours is a peer, and its data never leaves by a socket")
    func delivered() throws {
        #expect(alice.permit(bobRelayed)?.isSuccess == true)
        let (owner, from) = try owner(alice.sendIndication(bobRelayed))
        #expect(owner.loop == 0 && from == aliceRelayed)
        // Bob has not permitted Alice yet.
        #expect(stage.fromPeer(from, to: owner.allocation).dropped == .noPermission)
        #expect(bob.bind(0x4000, aliceRelayed)?.isSuccess == true)
        #expect(stage.fromPeer(from, to: owner.allocation).channel == 0x4000)
        let (back, bobs) = try self.owner(bob.channelData(0x4000))
        #expect(bobs == bobRelayed)
        #expect(stage.fromPeer(bobs, to: back.allocation).isIndication)
        #expect(stage.server.counters.inProcess.packets == 2)
    }

    @Test("A port that nobody holds is 403, and data for one that died goes nowhere")
    func dead() throws {
        let dead = TransportAddress(bobRelayed.ip, port: bobRelayed.port ^ 1)
        #expect(alice.permit(dead)?.code == 403)
        #expect(alice.bind(0x4000, dead)?.code == 403)
        alice.bind(0x4001, bobRelayed)
        bob.refresh(0)
        #expect(alice.channelData(0x4001).dropped == .deadRelayedAddress)
        #expect(alice.sendIndication(bobRelayed).dropped == .deadRelayedAddress)
        // A permission for the address does not reach the server's own services.
        #expect(
            alice.sendIndication(TransportAddress(bobRelayed.ip, port: 22)).dropped == .deadRelayedAddress)
    }

    @Test("A client may be its own peer")
    func itself() throws {
        alice.permit(aliceRelayed)
        let (owner, from) = try owner(alice.sendIndication(aliceRelayed))
        #expect(stage.fromPeer(from, to: owner.allocation).isIndication)
    }

    @Test("The owner may live on another loop")
    func otherLoop() throws {
        let other = Stage(authority: stage.authority, loop: 3)
        let carol = Client(other, port: 42_000)
        let relayed = try #require(carol.allocate()?.relayed)
        alice.permit(relayed)
        let (owner, _) = try owner(alice.sendIndication(relayed))
        #expect(owner.loop == 3)
        carol.permit(aliceRelayed)
        #expect(other.fromPeer(aliceRelayed, to: owner.allocation).isIndication)
    }

    @Test("Where the relay has a private address behind a NAT, both of its forms lead to its clients")
    func behindNAT() throws {
        let local = IPAddress(v4: 0x0A00_0005)
        let stage = Stage { $0.relays = [RelayAddress(local: local, advertised: Stage.relayIPv4)] }
        let alice = Client(stage)
        let bob = Client(stage, port: 41_000)
        let aliceRelayed = try #require(alice.allocate()?.relayed)
        let bobRelayed = try #require(bob.allocate()?.relayed)
        for ip in [local, Stage.relayIPv4] {
            let peer = TransportAddress(ip, port: bobRelayed.port)
            #expect(alice.permit(peer)?.isSuccess == true)
            let (_, from) = try owner(alice.sendIndication(peer))
            #expect(from == aliceRelayed)
        }
    }

    @Test("With loopback allowed for development, other ports of the relay's address are reached by socket")
    func development() throws {
        let stage = Stage {
            $0.relays = [RelayAddress(local: .loopbackIPv4)]
            $0.peers.allowsLoopback = true
        }
        let alice = Client(stage)
        let bob = Client(stage, port: 41_000)
        alice.allocate()
        let bobRelayed = try #require(bob.allocate()?.relayed)
        let elsewhere = TransportAddress(.loopbackIPv4, port: 9999)
        #expect(alice.permit(elsewhere)?.isSuccess == true)
        #expect(alice.sendIndication(elsewhere).peer == elsewhere)
        _ = try owner(alice.sendIndication(bobRelayed))
        #expect(alice.sendIndication(TransportAddress(.loopbackIPv4, port: 53)).dropped == .peerDenied)
        bob.refresh(0)
        #expect(alice.sendIndication(bobRelayed).peer == bobRelayed)
    }
}
