import Addresses
import Loops
import STUN
import TURN
import Testing

@testable import RelayServer

/// The relay over UDP, over real sockets.
@Suite struct UDPRelayTests {
    static let payloads: [[UInt8]] = [0, 1, 2, 3, 4, 200, 1_200].map { count in
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 3) }
    }

    @Test(arguments: [IPAddress.loopbackIPv4, .loopbackIPv6])
    func `Binding tells a client its address`(ip: IPAddress) throws {
        try RelayServer.onLoopback(listeners: [TransportAddress(ip, port: 0)]).whileRunning { addresses in
            let client = try UDPClient(addresses[0], ip: ip)
            let answer = try #require(client.ask(.binding))
            #expect(answer.isSuccess)
            #expect(answer.address(.xorMappedAddress) == client.socket.address)
        }
    }

    @Test(arguments: [IPAddress.loopbackIPv4, .loopbackIPv6], [true, false])
    func `A channel carries data both ways, whatever its length`(ip: IPAddress, usesOffload: Bool) throws {
        let server = RelayServer.onLoopback(listeners: [TransportAddress(ip, port: 0)]) { sockets, _ in
            sockets.usesSendOffload = usesOffload
            sockets.usesReceiveOffload = usesOffload
        }
        try server.whileRunning { addresses in
            let client = try UDPClient(addresses[0], ip: ip)
            let peer = try UDPSocket(ip)
            let relayed = try client.allocate()
            client.bind(0x4001, peer.address)
            for payload in Self.payloads {
                client.send(UDPClient.channelData(0x4001, payload))
                let arrived = try #require(peer.receive())
                #expect(arrived.bytes == payload)
                #expect(arrived.source == relayed)
                peer.send(payload, to: relayed)
                #expect(client.socket.receive()?.bytes == UDPClient.channelData(0x4001, payload))
            }
        }
    }

    @Test(arguments: [IPAddress.loopbackIPv4, .loopbackIPv6])
    func `Send and Data indications carry data both ways, padded with zeros`(ip: IPAddress) throws {
        try RelayServer.onLoopback(listeners: [TransportAddress(ip, port: 0)]).whileRunning { addresses in
            let client = try UDPClient(addresses[0], ip: ip)
            let peer = try UDPSocket(ip)
            let relayed = try client.allocate()
            client.permit(peer.address)
            for payload in Self.payloads {
                client.send(client.sendIndication(peer.address, payload, dontFragment: payload.count == 4))
                #expect(peer.receive()?.bytes == payload)
                peer.send(payload, to: relayed)
                let message = try #require(client.receiveIndication())
                #expect(message.address(.xorPeerAddress) == peer.address)
                #expect(message.value(.data) == payload)
                #expect(message.bytes.count % 4 == 0)
                #expect(message.bytes.suffix((4 - payload.count % 4) % 4).allSatisfy { $0 == 0 })
            }
        }
    }

    @Test func `Every packet of a run is judged by itself`() throws {
        try RelayServer.onLoopback().whileRunning { addresses in
            let client = try UDPClient(addresses[0])
            let first = try UDPSocket()
            let second = try UDPSocket()
            _ = try client.allocate()
            client.bind(0x4001, first.address)
            client.bind(0x4002, second.address)
            // Equally long: two channels, an unbound one, a Send indication, a Binding request, a broken message.
            let indication = client.sendIndication(second.address, [UInt8](repeating: 9, count: 64))
            let length = indication.count - 4
            var request = client.message(.binding) {
                $0.add(.software, bytes: [UInt8](repeating: 32, count: 24))
            }
            while request.count < indication.count { request = Self.lengthened(request) }
            var broken = indication
            broken[4] = 0
            let packets: [[UInt8]] = [
                UDPClient.channelData(0x4001, [UInt8](repeating: 1, count: length)),
                UDPClient.channelData(0x4002, [UInt8](repeating: 2, count: length)),
                UDPClient.channelData(0x4003, [UInt8](repeating: 3, count: length)),
                indication, broken, request,
                UDPClient.channelData(0x4001, [UInt8](repeating: 4, count: length)),
                UDPClient.channelData(0x4002, [5]),
            ]
            client.socket.send(packets, to: addresses[0])
            #expect(
                first.receive(count: 2)
                    == [[UInt8](repeating: 1, count: length), [UInt8](repeating: 4, count: length)])
            #expect(
                second.receive(count: 3)
                    == [[UInt8](repeating: 2, count: length), [UInt8](repeating: 9, count: 64), [5]])
            #expect(client.socket.receive().flatMap { UDPClient.Message($0.bytes) }?.isSuccess == true)
        }
    }

    /// A message with four more bytes in an unknown attribute that may be ignored.
    private static func lengthened(_ message: [UInt8]) -> [UInt8] {
        var longer = message + [0xC0, 0x01, 0, 0]
        longer[3] += 4
        return longer
    }

    @Test func `A run from a peer reaches the client packet by packet`() throws {
        try RelayServer.onLoopback().whileRunning { addresses in
            let client = try UDPClient(addresses[0])
            let bound = try UDPSocket()
            let permitted = try UDPSocket()
            let relayed = try client.allocate()
            client.bind(0x4001, bound.address)
            let run = (0..<40).map { [UInt8](repeating: UInt8($0), count: $0 == 39 ? 7 : 333) }
            bound.send(run, to: relayed)
            #expect(client.socket.receive(count: 40) == run.map { UDPClient.channelData(0x4001, $0) })
            permitted.send(run, to: relayed)
            for payload in run {
                let message = try #require(client.receiveIndication())
                #expect(message.value(.data) == payload)
                #expect(message.address(.xorPeerAddress) == permitted.address)
            }
        }
    }

    @Test func `What a peer without permission sends is dropped`() throws {
        try RelayServer.onLoopback().whileRunning { addresses in
            let client = try UDPClient(addresses[0])
            let stranger = try UDPSocket(IPAddress(v4: 0x7F00_0002))
            let peer = try UDPSocket()
            let relayed = try client.allocate()
            client.bind(0x4001, peer.address)
            stranger.send([1], to: relayed)
            peer.send([2], to: relayed)
            #expect(client.socket.isSilent(until: UDPClient.channelData(0x4001, [2])))
        }
    }

    @Test func `Answers and data leave from the address that the client used`() throws {
        let listeners = [TransportAddress(.anyIPv4, port: 0), TransportAddress(.anyIPv6, port: 0)]
        try RelayServer.onLoopback(loops: 2, listeners: listeners).whileRunning { addresses in
            for (ip, address) in [(IPAddress(v4: 0x7F00_0009), addresses[0]), (.loopbackIPv6, addresses[1])] {
                let server = TransportAddress(ip, port: address.port)
                let client = try UDPClient(server, ip: ip.family == .ipv4 ? .loopbackIPv4 : ip)
                let peer = try UDPSocket(ip.family == .ipv4 ? .loopbackIPv4 : ip)
                let relayed = try client.allocate()
                client.bind(0x4001, peer.address)
                for _ in 0..<3 { peer.send([1, 2], to: relayed) }
                for _ in 0..<3 { #expect(client.socket.receive()?.source == server) }
            }
        }
    }

    @Test func `An ICMP error reaches the client of the packet's allocation`() throws {
        try RelayServer.onLoopback().whileRunning { addresses in
            let client = try UDPClient(addresses[0])
            var gone = try UDPSocket()
            let closedPort = gone.address
            gone = try UDPSocket()
            _ = try client.allocate()
            client.bind(0x4001, closedPort)
            client.bind(0x4002, gone.address)
            client.send(UDPClient.channelData(0x4001, [1]))
            let message = try #require(client.receiveIndication())
            #expect(message.address(.xorPeerAddress) == closedPort)
            // Destination unreachable, port unreachable: seven bits of type, nine of code (RFC 8656 §18.13).
            #expect(message.value(.icmp) == [0, 0, 6, 3, 0, 0, 0, 0])
            // The error does not cost the next packet.
            client.send(UDPClient.channelData(0x4001, [2]), UDPClient.channelData(0x4002, [3]))
            #expect(gone.receive()?.bytes == [3])
        }
    }

    @Test func `Ending a room ends its allocations and frees their sockets`() throws {
        var random = SecretRandom(seed: 5)
        let secret = SharedSecret.random(using: &random)
        let server = RelayServer.onLoopback { $1.secrets = [secret] }
        try server.whileRunning { addresses in
            let tags = CredentialTags(secret)
            let credential = TimeLimitedCredential.mint(
                secret, id: tags.credentialID(roomID: "r1", member: "m"), lifetimeSeconds: 600,
                now: Clock.unixTime())
            let client = try UDPClient(
                addresses[0], username: credential.username, password: credential.credential)
            let peer = try UDPSocket()
            let relayed = try client.allocate()
            client.bind(0x4001, peer.address)
            server.endRoom(tags.room("r1"))
            try eventually { client.ask(.refresh)?.errorCode == 437 }
            try eventually { relayed.isFree }
        }
    }
}
