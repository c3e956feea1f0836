import Addresses
import STUN
import TURN
import Testing

/// A client on the stage: it keeps its credentials and the last nonce, as real ones do.
final class Client {
    let stage: Stage
    let tuple: FiveTuple
    var username: String
    var password: String
    var realm = "switchboard"
    var nonce: [UInt8] = []
    var algorithm = PasswordAlgorithm.md5
    var integrity = MessageIntegrity.sha1
    /// What a client that knows RFC 8489 adds: PASSWORD-ALGORITHM and PASSWORD-ALGORITHMS.
    var namesAlgorithm = false
    var hidesName = false
    private var transactions: UInt64

    init(
        _ stage: Stage, port: UInt16 = 40_000, ip: IPAddress = IPAddress(v4: 0x0808_0404),
        server: TransportAddress = TransportAddress(Stage.relayIPv4, port: 3478),
        transport: ClientTransport = .udp,
        username: String = "alice", password: String = "wonderland"
    ) {
        self.stage = stage
        tuple = FiveTuple(client: TransportAddress(ip, port: port), server: server, transport: transport)
        self.username = username
        self.password = password
        transactions = UInt64(port) << 32
    }

    var key: LongTermKey {
        LongTermKey(username: username, realm: realm, password: password, algorithm: algorithm)
    }

    func nextTransaction() -> TransactionID {
        transactions += 1
        return TransactionID(high: 0xC11E_4700, low: transactions)
    }

    /// A message with attributes, signed if there is a nonce.
    func message(
        _ method: STUN.Method, _ transaction: TransactionID? = nil, fingerprint: Bool = false,
        _ attributes: (inout MessageWriter) -> Void = { _ in }
    ) -> [UInt8] {
        var writer = MessageWriter()
        writer.begin(.request, method, transaction ?? nextTransaction())
        attributes(&writer)
        if !nonce.isEmpty { sign(&writer) }
        if fingerprint { writer.addFingerprint() }
        return Array(writer.buffer)
    }

    private func sign(_ writer: inout MessageWriter) {
        if hidesName {
            writer.add(UserHash(username: username, realm: realm))
        } else {
            writer.add(.username, username)
        }
        writer.add(.realm, realm)
        writer.add(.nonce, bytes: nonce)
        if namesAlgorithm {
            writer.add(.passwordAlgorithms, PasswordAlgorithms.offered)
            writer.add(algorithm)
        }
        writer.addIntegrity(integrity, key)
    }

    /// Sends a message and gives the answer.
    func send(_ message: [UInt8]) -> Answer? { stage.deliver(message, from: tuple) }

    /// Asks for a nonce the way every client does: with an Allocate that has no credentials.
    @discardableResult
    func challenge() -> Answer? {
        nonce = []
        let answer = send(message(.allocate) { $0.add(requestedTransport: 17) })
        nonce = answer?.value(.nonce) ?? []
        return answer
    }

    /// Allocates, after a challenge if there was none.
    @discardableResult
    func allocate(
        _ transaction: TransactionID? = nil, _ attributes: (inout MessageWriter) -> Void = { _ in }
    ) -> Answer? {
        if nonce.isEmpty { challenge() }
        return send(
            message(.allocate, transaction) { writer in
                writer.add(requestedTransport: 17)
                attributes(&writer)
            })
    }

    @discardableResult
    func refresh(_ lifetime: UInt32? = nil, _ transaction: TransactionID? = nil) -> Answer? {
        send(message(.refresh, transaction) { if let lifetime { $0.add(.lifetime, lifetime) } })
    }

    @discardableResult
    func permit(_ peers: TransportAddress...) -> Answer? { permit(peers) }

    @discardableResult
    func permit(_ peers: [TransportAddress]) -> Answer? {
        send(message(.createPermission) { for peer in peers { $0.add(.xorPeerAddress, xor: peer) } })
    }

    @discardableResult
    func bind(_ number: UInt16, _ peer: TransportAddress) -> Answer? {
        send(
            message(.channelBind) {
                $0.add(channelNumber: number)
                $0.add(.xorPeerAddress, xor: peer)
            })
    }

    /// Sends a peer something, so that the allocation's port counts as used.
    func use() throws {
        let peer = try address("198.41.0.4", 5_000)
        permit(peer)
        #expect(sendIndication(peer).peer == peer)
    }

    /// What the server makes of ChannelData.
    func channelData(_ number: UInt16, _ data: [UInt8] = [1, 2, 3, 4], padding: Int = 0) -> ClientPacket {
        let length = UInt16(data.count)
        let header = [UInt8(number >> 8), UInt8(number & 0xFF), UInt8(length >> 8), UInt8(length & 0xFF)]
        return stage.classify(header + data + Array(repeating: 0, count: padding), from: tuple)
    }

    /// What the server makes of a Send indication.
    func sendIndication(
        _ peer: TransportAddress, _ data: [UInt8] = [1, 2, 3, 4], dontFragment: Bool = false
    ) -> ClientPacket {
        var writer = MessageWriter()
        writer.begin(.indication, .send, nextTransaction())
        writer.add(.xorPeerAddress, xor: peer)
        if dontFragment { writer.add(.dontFragment) }
        writer.add(.data, bytes: data)
        return stage.classify(Array(writer.buffer), from: tuple)
    }
}

/// `93.184.216.34:80` and the like.
func address(_ ip: String, _ port: UInt16) throws -> TransportAddress {
    TransportAddress(try #require(IPAddress(ip)), port: port)
}

extension ClientPacket {
    /// Where a packet goes, if it leaves by a socket.
    var peer: TransportAddress? {
        if case .toPeer(_, let peer, _, _, _) = self { peer } else { nil }
    }

    var allocation: AllocationID? {
        if case .toPeer(let allocation, _, _, _, _) = self { allocation } else { nil }
    }

    var dropped: DropReason? {
        if case .drop(let reason) = self { reason } else { nil }
    }
}

extension PeerPacket {
    var dropped: DropReason? {
        if case .drop(let reason) = self { reason } else { nil }
    }

    var channel: UInt16? {
        if case .channelData(let number) = self { number } else { nil }
    }

    var isIndication: Bool {
        if case .dataIndication = self { true } else { false }
    }
}
