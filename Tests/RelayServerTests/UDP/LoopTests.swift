import Addresses
import Glibc
import STUN
import TURN
import Testing

@testable import RelayServer

/// Several loops, packets between two clients of one server, life cycle.
@Suite struct LoopTests {
    /// Relayed addresses of ours are peers even where loopback is denied; nothing of it leaves by a socket.
    private static func deniesLoopback(_: inout RelayServerConfiguration, _ rules: inout TURNConfiguration) {
        rules.peers.allowsLoopback = false
    }

    @Test(arguments: [1, 4])
    func `Two clients of the same server reach each other in process`(loops: Int) throws {
        let server = RelayServer.onLoopback(loops: loops, Self.deniesLoopback)
        try server.whileRunning { addresses in
            // Enough clients that some pairs are on one loop and some on two.
            let clients = try (0..<12).map { _ in try UDPClient(addresses[0]) }
            let relayed = try clients.map { try $0.allocate() }
            for (number, client) in clients.enumerated() {
                let other = (number + 1) % clients.count
                client.bind(0x4000, relayed[other])
                client.permit(relayed[(number + clients.count - 1) % clients.count])
            }
            for (number, client) in clients.enumerated() {
                let next = (number + 1) % clients.count
                for count in [0, 1, 2, 3, 500] {
                    let payload = [UInt8](repeating: UInt8(number), count: count)
                    client.send(UDPClient.channelData(0x4000, payload))
                    // The receiver has bound its channel to another: a Data indication.
                    let message = try #require(clients[next].receiveIndication())
                    #expect(message.value(.data) == payload)
                    #expect(message.address(.xorPeerAddress) == relayed[number])
                    // And back to the channel, by a Send indication.
                    clients[next].send(clients[next].sendIndication(relayed[number], payload))
                    #expect(client.socket.receive()?.bytes == UDPClient.channelData(0x4000, payload))
                }
            }
            try eventually { server.snapshot().rules.inProcess.packets == 120 }
        }
    }

    @Test func `In-process data needs the receiver's permission`() throws {
        let server = RelayServer.onLoopback(Self.deniesLoopback)
        try server.whileRunning { addresses in
            let first = try UDPClient(addresses[0])
            let second = try UDPClient(addresses[0])
            _ = try first.allocate()
            let relayed = try second.allocate()
            first.bind(0x4000, relayed)
            first.send(UDPClient.channelData(0x4000, [1]))
            try eventually { server.snapshot().rules.drops[Int(DropReason.noPermission.rawValue)] == 1 }
            #expect(second.ask(.binding)?.isSuccess == true)
        }
    }

    @Test func `A run between two clients stays a run, in order`() throws {
        try RelayServer.onLoopback(loops: 2, Self.deniesLoopback).whileRunning { addresses in
            let clients = try (0..<6).map { _ in try UDPClient(addresses[0]) }
            let relayed = try clients.map { try $0.allocate() }
            for (sender, receiver) in [(0, 1), (2, 3), (4, 5), (1, 2), (3, 4)] {
                clients[sender].bind(0x4000 + UInt16(receiver), relayed[receiver])
                clients[receiver].bind(0x4000 + UInt16(sender), relayed[sender])
                let run = (0..<30).map { [UInt8](repeating: UInt8($0), count: 500) }
                clients[sender].socket.send(
                    run.map { UDPClient.channelData(0x4000 + UInt16(receiver), $0) }, to: addresses[0])
                #expect(
                    clients[receiver].socket.receive(count: 30)
                        == run.map { UDPClient.channelData(0x4000 + UInt16(sender), $0) })
            }
        }
    }

    @Test func `A nonce of one loop is good on another`() throws {
        try RelayServer.onLoopback(loops: 8).whileRunning { addresses in
            // The nonce is bound to the client's address, not its port: what one socket learns another may use.
            let first = try UDPClient(addresses[0])
            _ = try first.allocate()
            for _ in 0..<16 {
                let other = try UDPClient(addresses[0])
                other.adopt(nonceOf: first)
                let answer = try #require(other.ask(.allocate) { $0.add(requestedTransport: 17) })
                #expect(answer.isSuccess || answer.errorCode == 486)
            }
        }
    }

    @Test func `A second server does not share the port of the first`() throws {
        let first = RelayServer.onLoopback(loops: 2)
        try first.whileRunning { addresses in
            let second = RelayServer.onLoopback(loops: 2, listeners: addresses)
            #expect(throws: RelayServerError.listener(addresses[0], errno: EADDRINUSE)) {
                _ = try second.start()
            }
        }
    }

    @Test func `Stopping closes every socket and starting again works`() throws {
        for _ in 0..<3 {
            let server = RelayServer.onLoopback(loops: 3)
            var listener = TransportAddress(.loopbackIPv4, port: 0)
            var relayed = listener
            try server.whileRunning { addresses in
                listener = addresses[0]
                let client = try UDPClient(addresses[0])
                relayed = try client.allocate()
            }
            #expect(listener.isFree && relayed.isFree)
            #expect(server.snapshot().rules.allocations == 0)
            #expect(server.snapshot().relaySockets == 0)
        }
    }

    @Test func `An allocation that expires takes its socket with it`() throws {
        let server = RelayServer.onLoopback { $1.allocationSeconds = 1 }
        try server.whileRunning { addresses in
            let client = try UDPClient(addresses[0])
            let relayed = try client.allocate()
            try eventually { relayed.isFree }
            #expect(client.ask(.refresh)?.errorCode == 437)
        }
    }

    @Test func `Counters say what was relayed`() throws {
        let server = RelayServer.onLoopback()
        try server.whileRunning { addresses in
            let client = try UDPClient(addresses[0])
            let peer = try UDPSocket()
            let relayed = try client.allocate()
            client.bind(0x4001, peer.address)
            for _ in 0..<10 { client.send(UDPClient.channelData(0x4001, [1, 2, 3])) }
            #expect(peer.receive(count: 10).count == 10)
            peer.send([1], to: relayed)
            #expect(client.socket.receive() != nil)
            try eventually { server.snapshot().rules.toClients[0].packets == 1 }
            let snapshot = server.snapshot()
            #expect(snapshot.rules.fromClients[0].packets == 10)
            #expect(snapshot.rules.fromClients[0].bytes == 30)
            #expect(snapshot.rules.allocations == 1)
            #expect(snapshot.relaySockets == 1)
            #expect(snapshot.sentPackets == 14)
            #expect(snapshot.receivedPackets == 14)
            #expect(snapshot.busyNanoseconds > 0)
        }
    }
}

extension UDPClient {
    /// Takes over what another client has learnt.
    func adopt(nonceOf other: UDPClient) {
        realm = other.realm
        nonce = other.nonce
    }
}
