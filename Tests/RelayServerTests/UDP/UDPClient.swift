import Addresses
import Logging
import STUN
import TURN
import Testing

@testable import RelayServer

/// A TURN client over a real socket.
final class UDPClient {
    /// A message from the server with its attributes.
    struct Message {
        let bytes: [UInt8]
        let index: MessageIndex

        init?(_ bytes: [UInt8]) {
            self.bytes = bytes
            guard let index = bytes.withUnsafeBytes({ try? MessageIndex($0.bytes) }) else { return nil }
            self.index = index
        }

        var isSuccess: Bool { index.header.messageClass == .success }
        var errorCode: UInt16? { bytes.withUnsafeBytes { try? index.errorCode(in: $0.bytes) } }
        func address(_ type: AttributeType) -> TransportAddress? {
            bytes.withUnsafeBytes { try? index.xorAddress(type, in: $0.bytes) }
        }
        func value(_ type: AttributeType) -> [UInt8]? { index.first(type).map { Array(bytes[$0.range]) } }
    }

    let socket: UDPSocket
    let server: TransportAddress
    var username: String
    var password: String
    var realm: [UInt8] = []
    var nonce: [UInt8] = []
    private var transactions = UInt64.random(in: 0 ... .max)

    init(
        _ server: TransportAddress, ip: IPAddress = .loopbackIPv4, username: String = "alice",
        password: String = "wonderland"
    ) throws {
        self.server = server
        socket = try UDPSocket(ip)
        self.username = username
        self.password = password
    }

    /// A request, signed once there is a nonce.
    func message(_ method: STUN.Method, _ attributes: (inout MessageWriter) -> Void = { _ in }) -> [UInt8] {
        transactions &+= 1
        var writer = MessageWriter()
        writer.begin(.request, method, TransactionID(high: 7, low: transactions))
        attributes(&writer)
        if !nonce.isEmpty {
            writer.add(.username, username)
            writer.add(.realm, bytes: realm)
            writer.add(.nonce, bytes: nonce)
            let realmText = String(decoding: realm, as: UTF8.self)
            writer.addIntegrity(
                .sha1, LongTermKey(username: username, realm: realmText, password: password, algorithm: .md5))
        }
        return Array(writer.buffer)
    }

    /// Sends a request and gives what comes next.
    func ask(_ method: STUN.Method, _ attributes: (inout MessageWriter) -> Void = { _ in }) -> Message? {
        socket.send(message(method, attributes), to: server)
        return socket.receive().flatMap { Message($0.bytes) }
    }

    /// Allocates as clients do: without credentials, then with; gives the relayed address.
    func allocate(_ attributes: (inout MessageWriter) -> Void = { _ in }) throws -> TransportAddress {
        let challenge = try #require(ask(.allocate) { $0.add(requestedTransport: 17) })
        #expect(challenge.errorCode == 401)
        realm = try #require(challenge.value(.realm))
        nonce = try #require(challenge.value(.nonce))
        let answer = try #require(
            ask(.allocate) {
                $0.add(requestedTransport: 17)
                attributes(&$0)
            })
        #expect(answer.isSuccess)
        #expect(answer.address(.xorMappedAddress) == socket.address)
        return try #require(answer.address(.xorRelayedAddress))
    }

    func permit(_ peer: TransportAddress) {
        #expect(ask(.createPermission) { $0.add(.xorPeerAddress, xor: peer) }?.isSuccess == true)
    }

    func bind(_ channel: UInt16, _ peer: TransportAddress) {
        let answer = ask(.channelBind) {
            $0.add(channelNumber: channel)
            $0.add(.xorPeerAddress, xor: peer)
        }
        #expect(answer?.isSuccess == true)
    }

    static func channelData(_ channel: UInt16, _ data: [UInt8]) -> [UInt8] {
        [UInt8(channel >> 8), UInt8(channel & 0xFF), UInt8(data.count >> 8), UInt8(data.count & 0xFF)] + data
    }

    func sendIndication(_ peer: TransportAddress, _ data: [UInt8], dontFragment: Bool = false) -> [UInt8] {
        var writer = MessageWriter()
        transactions &+= 1
        writer.begin(.indication, .send, TransactionID(high: 7, low: transactions))
        writer.add(.xorPeerAddress, xor: peer)
        if dontFragment { writer.add(.dontFragment) }
        writer.add(.data, bytes: data)
        return Array(writer.buffer)
    }

    func send(_ packets: [UInt8]...) { socket.send(packets, to: server) }

    /// The next packet as a Data indication.
    func receiveIndication() -> Message? {
        guard let message = socket.receive().flatMap({ Message($0.bytes) }),
            message.index.header.messageClass == .indication, message.index.header.method == .data
        else { return nil }
        return message
    }
}

extension RelayServer {
    /// A server on loopback for tests, with one user.
    static func onLoopback(
        loops: Int = 1, listeners: [TransportAddress] = [TransportAddress(.loopbackIPv4, port: 0)],
        _ change: (inout RelayServerConfiguration, inout TURNConfiguration) -> Void = { _, _ in }
    ) -> RelayServer {
        var rules = TURNConfiguration()
        rules.users = [StaticUser(name: "alice", password: "wonderland")]
        rules.relays = [RelayAddress(local: .loopbackIPv4), RelayAddress(local: .loopbackIPv6)]
        rules.peers.allowsLoopback = true
        var sockets = RelayServerConfiguration()
        sockets.loops = loops
        sockets.udpListeners = listeners
        change(&sockets, &rules)
        return RelayServer(sockets, authority: RelayAuthority(rules), logger: .init(label: "test"))
    }

    /// Starts, gives the addresses to a test, and stops.
    func whileRunning(_ test: ([TransportAddress]) throws -> Void) throws {
        let addresses = try start().udp
        defer { stop() }
        try test(addresses)
    }
}
